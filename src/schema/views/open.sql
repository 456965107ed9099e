-- Opens and closes of regular files, one row per interval, operation, cgroup, process and file. Exact.
CREATE VIEW open (
  started_us,           -- start of the interval, µs since 1970 (UTC)
  ended_us,             -- end of the interval, µs since 1970 (UTC)
  container,            -- container name; null outside containers
  pod,                  -- Kubernetes pod name
  namespace,            -- Kubernetes namespace
  cgroup_path,          -- path of the cgroup below the cgroup2 mount
  process,              -- process name (comm of the thread group leader)
  pid,                  -- process id in the initial pid namespace
  file,                 -- path as the container sees it (outside containers: as the host does); (not opened) for opens that failed
  host_path,            -- path on the host, where it is known
  class,                -- what the file is; see operations
  place,                -- where it lies; see operations
  device,               -- device the file's data is on
  op,                   -- open, close
  op_count,             -- number of operations
  error_count,          -- how many of them failed
  latency_ns_sum,       -- sum of their latencies, ns
  latency_ns_max        -- longest of them, ns; exact
) AS
SELECT
  started_us, ended_us, container, pod, namespace, cgroup_path, process, pid, file, host_path, class, place, device,
  op, op_count, error_count, latency_ns_sum, latency_ns_max
FROM operations WHERE op IN ('open', 'close');
