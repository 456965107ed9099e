-- Application syncs, each counted once, one row per interval, cgroup, process, file and kind. Exact.
CREATE VIEW fsync (
  started_us,           -- start of the interval, µs since 1970 (UTC)
  ended_us,             -- end of the interval, µs since 1970 (UTC)
  container,            -- container name; null outside containers
  pod,                  -- Kubernetes pod name
  namespace,            -- Kubernetes namespace
  cgroup_path,          -- path of the cgroup below the cgroup2 mount
  process,              -- process name (comm of the thread group leader)
  pid,                  -- process id in the initial pid namespace
  file,                 -- path as the container sees it; in parentheses what is known instead
  host_path,            -- path on the host, where it is known
  class,                -- what the file is; see operations
  place,                -- where it lies; see operations
  device,               -- device the file's data is on
  sync_kind,            -- fsync, fdatasync, msync, o_sync, o_dsync, sync_file_range, syncfs, sync, io_uring
  op_count,             -- number of syncs
  error_count,          -- how many of them failed
  latency_ns_sum,       -- sum of their latencies, ns; of an O_SYNC write the sync alone, not the copy into the page cache
  latency_ns_max,       -- longest of them, ns; exact
  inner_latency_ns_sum  -- part of latency_ns_sum an overlay file's sync spent in the upper file system, ns
) AS
SELECT
  started_us, ended_us, container, pod, namespace, cgroup_path, process, pid, file, host_path, class, place, device,
  variant, op_count, error_count, latency_ns_sum, latency_ns_max, inner_latency_ns_sum
FROM operations WHERE op = 'fsync';
