-- Reads and writes of regular files, one row per interval, operation, how it was served, cgroup, process and file. Exact.
CREATE VIEW file_io (
  started_us,           -- start of the interval, µs since 1970 (UTC)
  ended_us,             -- end of the interval, µs since 1970 (UTC)
  container,            -- container name; null outside containers
  pod,                  -- Kubernetes pod name
  namespace,            -- Kubernetes namespace
  cgroup_path,          -- path of the cgroup below the cgroup2 mount
  process,              -- process name (comm of the thread group leader)
  pid,                  -- process id in the initial pid namespace
  file,                 -- path as the container sees it (outside containers: as the host does)
  host_path,            -- path on the host, where it is known
  class,                -- what the file is; see operations
  place,                -- where it lies; see operations
  device,               -- device the file's data is on
  op,                   -- read, write
  served,               -- read: cached (asked no device, did not sleep), readahead (asked, did not sleep), device (asked and slept), waited (slept only: for another's read or a lock), direct (O_DIRECT); write: buffered, waited (slept: for room in the cache, a lock), direct, sync (O_SYNC, O_DSYNC); io_uring: through it, not told how served
  op_count,             -- number of operations
  error_count,          -- how many of them failed
  size_bytes_sum,       -- bytes read or written
  latency_ns_sum,       -- sum of their latencies, ns
  latency_ns_max        -- longest of them, ns; exact
) AS
SELECT
  started_us, ended_us, container, pod, namespace, cgroup_path, process, pid, file, host_path, class, place, device,
  op, variant, op_count, error_count, size_bytes_sum, latency_ns_sum, latency_ns_max
FROM operations WHERE op IN ('read', 'write');
