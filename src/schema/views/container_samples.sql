-- Containers and services (systemd units, by cgroup_path) as their cgroup counts them: I/O, pressure, memory. One row per tick in which something happened or was dirty; an idle one has a row a minute. Null is what could not be read.
CREATE VIEW container_samples (
  session_id,           -- joins session
  started_us,           -- start of the interval, µs since 1970 (UTC)
  ended_us,             -- end of the interval, µs since 1970 (UTC)
  elapsed_us,           -- its length by the monotonic clock, µs
  container,            -- container name; null: a service, see cgroup_path
  pod,                  -- Kubernetes pod name
  namespace,            -- Kubernetes namespace
  cgroup_path,          -- path of the cgroup below the cgroup2 mount; what is below it is included
  read_count,           -- reads of block devices (io.stat rios), devices made of others left out
  read_bytes,           -- bytes read from them (rbytes)
  write_count,          -- writes, writeback charged to this cgroup included (wios)
  write_bytes,          -- bytes written (wbytes)
  discard_count,        -- discards (dios)
  discard_bytes,        -- bytes discarded (dbytes)
  io_some_us,           -- time in which some task of it waited for I/O (PSI), µs
  io_full_us,           -- time in which all its non-idle tasks did, µs
  io_some_percent,      -- io_some_us of the interval
  io_full_percent,      -- io_full_us of the interval
  memory_some_us,       -- time in which some task of it waited for memory (PSI), µs
  memory_full_us,       -- time in which all its non-idle tasks did, µs
  memory_some_percent,  -- memory_some_us of the interval
  memory_full_percent,  -- memory_full_us of the interval
  dirty_bytes,          -- dirty memory of files charged to it, at ended_us (memory.stat file_dirty)
  writeback_bytes,      -- of that on its way to the disk, at ended_us (file_writeback)
  file_bytes,           -- page cache charged to it, at ended_us
  anon_bytes,           -- anonymous memory, at ended_us
  memory_high_count,    -- times it was throttled for exceeding memory.high
  memory_max_count,     -- times it ran into memory.max
  oom_kill_count        -- processes of it the kernel killed for want of memory
) AS
SELECT
  tick.session_id, tick.started_us, tick.ended_us, tick.ended_us - tick.started_us,
  container.name, container.pod, container.namespace, cgroup.path,
  read_count, read_bytes, write_count, write_bytes, discard_count, discard_bytes,
  io_some_us, io_full_us,
  io_some_us * 100.0 / (tick.ended_us - tick.started_us), io_full_us * 100.0 / (tick.ended_us - tick.started_us),
  memory_some_us, memory_full_us,
  memory_some_us * 100.0 / (tick.ended_us - tick.started_us), memory_full_us * 100.0 / (tick.ended_us - tick.started_us),
  dirty_bytes, writeback_bytes, file_bytes, anon_bytes, memory_high_count, memory_max_count, oom_kill_count
FROM tick
CROSS JOIN cgroup_sample ON cgroup_sample.tick_id = tick.tick_id
LEFT JOIN cgroup USING (cgroup_key)
LEFT JOIN container ON container.container_key = cgroup.container_key;
