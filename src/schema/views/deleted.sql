-- Deleted files that processes hold open or mapped: space that is in use and no directory shows. Looked for every five minutes, those with at least 64 KiB of space.
CREATE VIEW deleted (
  session_id,       -- joins session
  sampled_us,       -- when, µs since 1970 (UTC)
  container,        -- container name of the holder; null outside containers
  pod,              -- Kubernetes pod name
  namespace,        -- Kubernetes namespace
  cgroup_path,      -- path of the holder's cgroup below the cgroup2 mount
  process,          -- process that holds it, the first of holder_count
  pid,              -- its process id in the initial pid namespace
  path,             -- path it had, as the process sees it
  device,           -- device its data is on; tmpfs is memory
  inode,            -- its inode number
  size_bytes,       -- length of the file
  allocated_bytes,  -- space it takes: what closing it gives back
  held_by,          -- fd N (a descriptor) or map (a memory mapping)
  holder_count      -- processes that hold it
) AS
SELECT
  deleted_file.session_id, sampled_us, container.name, container.pod, container.namespace, cgroup.path,
  process.name, process.pid, deleted_file.path, device.name, deleted_file.inode, size_bytes, allocated_bytes,
  held_by, holder_count
FROM deleted_file
LEFT JOIN cgroup USING (cgroup_key)
LEFT JOIN container ON container.container_key = cgroup.container_key
LEFT JOIN process USING (process_key)
LEFT JOIN device USING (device_key);
