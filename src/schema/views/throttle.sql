-- Writers the kernel held back, one row per interval, cgroup, process and file. Exact.
CREATE VIEW throttle (
  started_us,      -- start of the interval, µs since 1970 (UTC)
  ended_us,        -- end of the interval, µs since 1970 (UTC)
  container,       -- container held back; null outside containers
  pod,             -- Kubernetes pod name
  namespace,       -- Kubernetes namespace
  cgroup_path,     -- path of its cgroup below the cgroup2 mount
  process,         -- process held back; throttle_block: as in block
  pid,             -- its process id in the initial pid namespace
  file,            -- throttle_block: the file the data belongs to
  host_path,       -- its path on the host
  device,          -- throttle_block: the disk
  op,              -- throttle_dirty: put to sleep for having dirtied too much memory; throttle_block: I/O that waited 1 ms or longer before it became a request (io.max, wbt, blk-iocost, no free request)
  op_count,        -- number of pauses, or of requests
  size_bytes_sum,  -- throttle_block: bytes of the requests
  latency_ns_sum,  -- sum of the pauses or waits, ns
  latency_ns_max   -- longest of them, ns
) AS
SELECT
  started_us, ended_us, container, pod, namespace, cgroup_path, process, pid, file, host_path, device,
  op, op_count, size_bytes_sum, latency_ns_sum, latency_ns_max
FROM operations WHERE op IN ('throttle_dirty', 'throttle_block');
