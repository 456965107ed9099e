-- The I/O of processes as `pidstat -d` sees it (/proc/PID/io), one row per interval and process that moved something. Bytes are charged to who read them or made them dirty.
CREATE VIEW process_samples (
  session_id,                  -- joins session
  started_us,                  -- start of the interval, µs since 1970 (UTC)
  ended_us,                    -- end of the interval, µs since 1970 (UTC)
  elapsed_us,                  -- its length by the monotonic clock, µs
  process,                     -- process name
  pid,                         -- process id in the initial pid namespace
  container,                   -- container name; null outside containers
  pod,                         -- Kubernetes pod name
  namespace,                   -- Kubernetes namespace
  cgroup_path,                 -- path of its cgroup below the cgroup2 mount
  read_bytes,                  -- bytes it made a disk read
  write_bytes,                 -- bytes it made dirty, to be written to a disk
  cancelled_write_bytes,       -- of those never written, because it truncated or deleted the file
  io_delay_ms,                 -- time it waited for block I/O, ms; null where the kernel does not account it
  read_kib_per_s,              -- pidstat kB_rd/s
  write_kib_per_s,             -- pidstat kB_wr/s
  cancelled_write_kib_per_s    -- pidstat kB_ccwr/s
) AS
SELECT
  tick.session_id, tick.ended_us - elapsed_us, tick.ended_us, elapsed_us, process.name, process.pid,
  container.name, container.pod, container.namespace, cgroup.path,
  read_bytes, write_bytes, cancelled_write_bytes, io_delay_ticks * 10,
  read_bytes * 1e6 / 1024 / elapsed_us,
  write_bytes * 1e6 / 1024 / elapsed_us,
  cancelled_write_bytes * 1e6 / 1024 / elapsed_us
FROM tick
CROSS JOIN process_sample ON process_sample.tick_id = tick.tick_id
LEFT JOIN process USING (process_key)
LEFT JOIN cgroup ON cgroup.cgroup_key = process_sample.cgroup_key
LEFT JOIN container ON container.container_key = cgroup.container_key;
