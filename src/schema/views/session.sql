-- One row per run of the daemon.
CREATE VIEW session (
  session_id,        -- number of the session
  host,              -- host name
  boot_id,           -- /proc/sys/kernel/random/boot_id
  pid,               -- process id of the daemon
  started_us,        -- µs since 1970 (UTC)
  alive_us,          -- last sign of life, µs since 1970 (UTC)
  ended_us,          -- end, µs since 1970 (UTC); null while it runs, and when it was killed
  ended_how,         -- how it ended; null while it runs, and when it was killed
  iotrace_version,   -- version of iotrace
  kernel_release,    -- uname -r
  bpftrace_version,  -- version of bpftrace
  cpu_count,         -- possible CPUs
  interval_ms,       -- length of an interval, ms
  slow_ns,           -- operations at least this slow became exemplars, ns
  plan               -- which fragment each probe runs and why, JSON
) AS
SELECT
  session_id, host, boot_id, pid, started_us, alive_us, ended_us, ended_how, iotrace_version,
  kernel_release, bpftrace_version, cpu_count, interval_ms, slow_ns, plan
FROM session_record;
