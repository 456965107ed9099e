-- I/O and memory limits of containers and services that have any (io.max, io.weight, memory.high, memory.max). A row is a state: it held from since_us until until_us. Null is no limit.
CREATE VIEW container_limits (
  session_id,             -- joins session
  since_us,               -- from when it held (the first look, or the change), µs since 1970 (UTC)
  until_us,               -- until when it was known to hold, µs since 1970 (UTC)
  container,              -- container name; null: a service, or a cgroup above containers, see cgroup_path
  pod,                    -- Kubernetes pod name
  namespace,              -- Kubernetes namespace
  cgroup_path,            -- path of the cgroup below the cgroup2 mount
  device,                 -- the disk that is limited; null for memory limits and the default weight
  read_bytes_per_s_max,   -- io.max rbps
  write_bytes_per_s_max,  -- io.max wbps
  reads_per_s_max,        -- io.max riops
  writes_per_s_max,       -- io.max wiops
  io_weight,              -- io.weight or io.bfq.weight where it is not the default 100
  memory_high_bytes,      -- memory.high: above it the container is slowed down
  memory_max_bytes        -- memory.max: above it memory is reclaimed or processes are killed
) AS
SELECT
  limit_state.session_id, since_us, ifnull(until_us, max(session_record.alive_us, since_us)),
  container.name, container.pod, container.namespace, cgroup.path, device.name,
  read_bytes_per_s_max, write_bytes_per_s_max, reads_per_s_max, writes_per_s_max, io_weight,
  memory_high_bytes, memory_max_bytes
FROM limit_state
JOIN session_record ON session_record.session_id = limit_state.session_id
LEFT JOIN cgroup USING (cgroup_key)
LEFT JOIN container ON container.container_key = cgroup.container_key
LEFT JOIN device USING (device_key);
