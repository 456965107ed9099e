-- Overlayfs copy-ups: files copied whole from a read-only image layer to the writable one. Exact.
CREATE VIEW copy_up (
  started_us,           -- start of the interval, µs since 1970 (UTC)
  ended_us,             -- end of the interval, µs since 1970 (UTC)
  container,            -- container name; null outside containers
  pod,                  -- Kubernetes pod name
  namespace,            -- Kubernetes namespace
  cgroup_path,          -- path of the cgroup below the cgroup2 mount
  process,              -- process whose write, open, chmod, rename or link caused it
  pid,                  -- its process id in the initial pid namespace
  file,                 -- path as the container sees it
  host_path,            -- path of the copy in the container's upperdir, where it is known
  class,                -- what the file is; see operations
  place,                -- where it lies; see operations
  device,               -- device of the upperdir
  op,                   -- copy_up: a file, symlink or device node; copy_up_dir: a directory on the way to it
  op_count,             -- number of copy-ups
  error_count,          -- how many of them failed
  size_bytes_sum,       -- bytes copied (size of the file when the copy began; 0 when it was opened to be truncated)
  latency_ns_sum,       -- sum of their durations, ns
  latency_ns_max        -- longest of them, ns; exact
) AS
SELECT
  started_us, ended_us, container, pod, namespace, cgroup_path, process, pid, file, host_path, class, place, device,
  op, op_count, error_count, size_bytes_sum, latency_ns_sum, latency_ns_max
FROM operations WHERE op IN ('copy_up', 'copy_up_dir');
