-- Exemplars: single operations that were slow (session_record.slow_ns), failed, or rare (copy-ups), within a budget per second; what the budget kept out is counted in loss.
CREATE VIEW slow (
  exemplar_id,       -- number of the single event, for iotrace slow --explain
  ended_us,          -- when the operation ended, µs since 1970 (UTC)
  container,         -- container name; null outside containers
  pod,               -- Kubernetes pod name
  namespace,         -- Kubernetes namespace
  cgroup_path,       -- path of the cgroup below the cgroup2 mount
  process,           -- process name
  pid,               -- process id in the initial pid namespace
  thread,            -- thread name
  tid,               -- thread id in the initial pid namespace
  file,              -- path as the container sees it; in parentheses what is known instead
  host_path,         -- path on the host, where it is known
  class,             -- what the file is; see operations
  place,             -- where it lies; see operations
  device,            -- device
  op,                -- operation
  variant,           -- variant of the operation, fsync: the sync kind, block: how the owner is known
  size_bytes,        -- bytes moved
  latency_ns,        -- latency, ns
  inner_latency_ns,  -- part of it spent one layer below (fsync: upper file system; block: device), ns
  error              -- 0, or the errno it failed with
) AS
SELECT
  exemplar.exemplar_id, exemplar.ended_us, container.name, container.pod, container.namespace, cgroup.path,
  process.name, process.pid, exemplar.thread, exemplar.tid, file.path, file.host_path,
  ifnull(file.class, 'not classified'), ifnull(file.place, 'not classified'), device.name,
  operation.op, variant.name, exemplar.size_bytes, exemplar.latency_ns, exemplar.inner_latency_ns, exemplar.error
FROM exemplar
LEFT JOIN operation USING (op_id)
LEFT JOIN variant USING (op_id, variant)
LEFT JOIN cgroup USING (cgroup_key)
LEFT JOIN container ON container.container_key = cgroup.container_key
LEFT JOIN process USING (process_key)
LEFT JOIN file USING (file_key)
LEFT JOIN device USING (device_key);
