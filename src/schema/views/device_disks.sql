-- The disks a device's data is on: a disk itself, a partition's disk, what a mapped device or an array lies on.
CREATE VIEW device_disks (
  device,  -- name of a device, as in the other views
  disk     -- name of a disk, as block requests have it
) AS
SELECT device, disk FROM device_disk
-- What was never seen as a block device stands for itself.
UNION SELECT name, name FROM device WHERE name NOT IN (SELECT device FROM device_disk);
