-- Requests to block devices, one row per interval, operation, cgroup, process and file. Exact.
CREATE VIEW block (
  started_us,             -- start of the interval, µs since 1970 (UTC)
  ended_us,               -- end of the interval, µs since 1970 (UTC)
  container,              -- container the kernel charges the I/O to; null outside containers
  pod,                    -- Kubernetes pod name
  namespace,              -- Kubernetes namespace
  cgroup_path,            -- path of that cgroup below the cgroup2 mount
  process,                -- process that submitted the request (a kworker for writeback)
  pid,                    -- its process id in the initial pid namespace
  file,                   -- path of the file the data belongs to, where the kernel tells
  host_path,              -- its path on the host
  class,                  -- what the file is; see operations
  place,                  -- where it lies; see operations
  device,                 -- the disk
  op,                     -- block_read, block_write, block_flush, block_discard
  op_count,               -- number of requests
  error_count,            -- how many of them failed
  size_bytes_sum,         -- bytes moved
  latency_ns_sum,         -- from insertion (or issue, where the request skipped the scheduler) to completion, ns
  latency_ns_max,         -- longest of them, ns; exact
  queue_latency_ns_sum,   -- part of latency_ns_sum before issue: waiting in the scheduler, ns
  device_latency_ns_sum   -- part of latency_ns_sum from issue to completion: the device, ns
) AS
SELECT
  started_us, ended_us, container, pod, namespace, cgroup_path, process, pid, file, host_path, class, place, device,
  op, op_count, error_count, size_bytes_sum, latency_ns_sum, latency_ns_max,
  latency_ns_sum - inner_latency_ns_sum, inner_latency_ns_sum
FROM operations WHERE op IN ('block_read', 'block_write', 'block_flush', 'block_discard');
