-- Block requests that failed, each one.
CREATE VIEW block_errors (
  ended_us,     -- when, µs since 1970 (UTC)
  device,       -- the disk
  sector,       -- first sector of the request, in units of 512 bytes from the start of the disk
  size_bytes,   -- size of the request
  op,           -- operation
  status,       -- what the block layer calls it: IO_ERROR, TIMEOUT, MEDIUM …; a number where it has no name here
  container,    -- container whose I/O it was; null outside containers
  cgroup_path,  -- path of its cgroup below the cgroup2 mount
  process,      -- process, as in block
  pid,          -- its process id in the initial pid namespace
  file,         -- file the data belongs to
  host_path     -- its path on the host
) AS
SELECT
  block_failure.ended_us, device.name, block_failure.sector, block_failure.size_bytes, operation.op,
  -- BLK_STS_* of include/linux/blk_types.h; those from 11 on differ between kernels.
  CASE block_failure.status
    WHEN 1 THEN 'NOTSUPP' WHEN 2 THEN 'TIMEOUT' WHEN 3 THEN 'NOSPC' WHEN 4 THEN 'TRANSPORT'
    WHEN 5 THEN 'TARGET' WHEN 6 THEN 'RESV_CONFLICT' WHEN 7 THEN 'MEDIUM' WHEN 8 THEN 'PROTECTION'
    WHEN 9 THEN 'RESOURCE' WHEN 10 THEN 'IO_ERROR' ELSE CAST(block_failure.status AS TEXT) END,
  container.name, cgroup.path, process.name, process.pid, file.path, file.host_path
FROM block_failure
LEFT JOIN operation USING (op_id)
LEFT JOIN cgroup USING (cgroup_key)
LEFT JOIN container ON container.container_key = cgroup.container_key
LEFT JOIN process USING (process_key)
LEFT JOIN file USING (file_key)
LEFT JOIN device ON device.device_key = file.device_key;
