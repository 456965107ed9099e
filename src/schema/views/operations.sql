-- Every operation iotrace counted, one row per interval, operation, cgroup, process and file. Exact.
CREATE VIEW operations (
  interval_id,          -- the interval's number; joins ledger
  started_us,           -- start of the interval, µs since 1970 (UTC)
  ended_us,             -- end of the interval, µs since 1970 (UTC)
  container,            -- container name; null outside containers
  pod,                  -- Kubernetes pod name
  namespace,            -- Kubernetes namespace
  image,                -- image name, where the runtime's state tells it
  cgroup_path,          -- path of the cgroup below the cgroup2 mount; null when it was gone before it could be read
  process,              -- process name (comm of the thread group leader)
  pid,                  -- process id in the initial pid namespace
  file,                 -- path as the container sees it (outside containers: as the host does); in parentheses what is known instead
  host_path,            -- path on the host, where it is known
  class,                -- what the file is: etcd_wal, container_log, containerd_metadata …; docs/classes.md has them all
  place,                -- where it lies: writable_layer, image_layer, volume_csi, host …
  device,               -- device the file's data is on; for block operations the disk
  op,                   -- operation: fsync, copy_up, copy_up_dir, block_read, block_write, block_flush, block_discard, block_requeue, block_stacked_read, block_stacked_write, block_stacked_flush, block_stacked_discard, read, write, open, close, journal_commit, journal_wait, throttle_dirty, throttle_block
  variant,              -- variant of the operation: of fsync the sync kind, of read and write how they were served, of block how the owner is known, of journal why it committed
  op_count,             -- number of operations
  error_count,          -- how many of them failed
  size_bytes_sum,       -- bytes moved by them
  latency_ns_sum,       -- sum of their latencies, ns
  latency_ns_max,       -- longest of them, ns; exact
  inner_latency_ns_sum  -- part of latency_ns_sum spent one layer below (fsync: upper file system; block: device), ns
) AS
SELECT
  total.interval_id, interval.started_us, interval.ended_us,
  container.name, container.pod, container.namespace, container.image, cgroup.path,
  process.name, process.pid, file.path, file.host_path,
  ifnull(file.class, 'not classified'), ifnull(file.place, 'not classified'), device.name,
  operation.op, variant.name,
  total.op_count, total.error_count, total.size_bytes_sum,
  total.latency_ns_sum, total.latency_ns_max, total.inner_latency_ns_sum
-- The interval comes first (CROSS JOIN holds the order), then its rows by primary key. LEFT JOIN: a row
-- whose name is missing still counts.
FROM interval
CROSS JOIN total ON total.interval_id = interval.interval_id
LEFT JOIN operation USING (op_id)
LEFT JOIN variant USING (op_id, variant)
LEFT JOIN cgroup USING (cgroup_key)
LEFT JOIN container ON container.container_key = cgroup.container_key
LEFT JOIN process USING (process_key)
LEFT JOIN file USING (file_key)
LEFT JOIN device USING (device_key);
