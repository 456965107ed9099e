-- Every file something was done to, as one container or the host sees it.
CREATE VIEW files (
  file_key,    -- number of the file in a session
  session_id,  -- joins session
  file,        -- path as the container sees it (outside containers: as the host does); in parentheses what is known instead
  host_path,   -- path on the host, where it is known
  class,       -- what the file is; see operations
  place,       -- where it lies; see operations
  device       -- device the file's data is on; for block operations the disk
) AS
SELECT
  file_key, session_id, path, host_path, ifnull(class, 'not classified'), ifnull(place, 'not classified'),
  (SELECT name FROM device WHERE device.device_key = file.device_key)
FROM file;
