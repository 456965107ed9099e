-- Requests to block devices, one row per interval, operation, owner, process and file. Exact.
CREATE VIEW block (
  started_us,             -- start of the interval, µs since 1970 (UTC)
  ended_us,               -- end of the interval, µs since 1970 (UTC)
  container,              -- container whose I/O it is; null outside containers
  pod,                    -- Kubernetes pod name
  namespace,              -- Kubernetes namespace
  cgroup_path,            -- path of that cgroup below the cgroup2 mount
  owner_basis,            -- how the owner is known, best first: blkcg (the kernel charges it), dirtier (wrote to the file), syncer (its sync asked for the journal's commit or the flush), submitter (the process itself), unattributed (a kernel thread, on nobody's behalf we know)
  process,                -- process that dirtied the file, where it is known, else the one that submitted the request
  pid,                    -- its process id in the initial pid namespace
  file,                   -- path of the file the data belongs to; in parentheses what is known instead
  host_path,              -- its path on the host
  class,                  -- what the file is; see operations
  place,                  -- where it lies; see operations
  device,                 -- the disk; of block_stacked operations the device that passed them on
  op,                     -- block_read, block_write, block_flush, block_discard, block_requeue, block_stacked_read, block_stacked_write, block_stacked_flush, block_stacked_discard
  op_count,               -- number of requests
  shared_op_count,        -- how many of them held data of other files too: all of it is counted to this one
  error_count,            -- how many of them failed
  size_bytes_sum,         -- bytes moved
  latency_ns_sum,         -- from insertion (or issue, where the request skipped the scheduler) to completion, ns
  latency_ns_max,         -- longest of them, ns; exact
  queue_latency_ns_sum,   -- part of latency_ns_sum before issue: waiting in the scheduler, ns
  device_latency_ns_sum   -- part of latency_ns_sum from issue to completion: the device, ns
) AS
SELECT
  started_us, ended_us, container, pod, namespace, cgroup_path, replace(variant, ', several files', ''),
  process, pid, file, host_path, class, place, device,
  op, op_count, iif(variant LIKE '%, several files', op_count, 0), error_count, size_bytes_sum,
  latency_ns_sum, latency_ns_max, latency_ns_sum - inner_latency_ns_sum, inner_latency_ns_sum
FROM operations WHERE op IN ('block_read', 'block_write', 'block_flush', 'block_discard', 'block_requeue',
  'block_stacked_read', 'block_stacked_write', 'block_stacked_flush', 'block_stacked_discard');
