-- Disks, partitions and mapped devices as the kernel and the shell name them, one row each: the number it had last, which may be another's after a reboot.
CREATE VIEW device_numbers (
  device,  -- name of the device, as in the other views
  number,  -- its number, major:minor, as io.max and /sys/dev/block have it
  path     -- where it is below /dev
) AS
SELECT
  name, major || ':' || minor,
  iif(device_key IN (SELECT device_key FROM device_state WHERE kind = 'dm'), '/dev/mapper/', '/dev/') || name
-- Major 0 is what has no disk of its own: overlays, tmpfs, network file systems.
FROM device
WHERE device_key IN (SELECT max(device_key) FROM device WHERE major <> 0 GROUP BY name);
