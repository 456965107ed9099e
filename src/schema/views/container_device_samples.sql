-- The I/O of containers and services per block device (io.stat), one row per tick, cgroup and device that moved. A device made of others (dm, md) and those below it both count.
CREATE VIEW container_device_samples (
  session_id,     -- joins session
  started_us,     -- start of the interval, µs since 1970 (UTC)
  ended_us,       -- end of the interval, µs since 1970 (UTC)
  elapsed_us,     -- its length by the monotonic clock, µs
  container,      -- container name; null: a service, see cgroup_path
  pod,            -- Kubernetes pod name
  namespace,      -- Kubernetes namespace
  cgroup_path,    -- path of the cgroup below the cgroup2 mount; what is below it is included
  device,         -- the disk
  read_count,     -- reads (io.stat rios)
  read_bytes,     -- bytes read (rbytes)
  write_count,    -- writes (wios)
  write_bytes,    -- bytes written (wbytes)
  discard_count,  -- discards (dios)
  discard_bytes   -- bytes discarded (dbytes)
) AS
SELECT
  tick.session_id, tick.started_us, tick.ended_us, tick.ended_us - tick.started_us,
  container.name, container.pod, container.namespace, cgroup.path, device.name,
  read_count, read_bytes, write_count, write_bytes, discard_count, discard_bytes
FROM tick
CROSS JOIN cgroup_device_sample ON cgroup_device_sample.tick_id = tick.tick_id
LEFT JOIN cgroup USING (cgroup_key)
LEFT JOIN container ON container.container_key = cgroup.container_key
LEFT JOIN device USING (device_key);
