-- One row per interval: what was counted in the kernel, what was stored, and what it cost.
CREATE VIEW ledger (
  flush_id,            -- number of the interval
  session_id,          -- run of the daemon; joins session
  started_us,          -- start of the interval, µs since 1970 (UTC)
  ended_us,            -- end of the interval, µs since 1970 (UTC)
  kernel_op_count,     -- operations the kernel counted in the interval
  stored_op_count,     -- operations stored; equal unless loss says otherwise
  row_count,           -- rows written
  daemon_cpu_us,       -- CPU time of the daemon, µs
  daemon_rss_bytes,    -- resident memory of the daemon at the end
  bpftrace_cpu_us,     -- CPU time of bpftrace in user space and system calls, µs
  bpftrace_rss_bytes,  -- resident memory of bpftrace at the end
  database_bytes       -- size of the database
) AS
SELECT
  flush_id, run_id, started_us, ended_us, kernel_op_count, stored_op_count, row_count,
  daemon_cpu_us, daemon_rss_bytes, bpftrace_cpu_us, bpftrace_rss_bytes, database_bytes
FROM flush;
