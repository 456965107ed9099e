-- One row per interval: what was counted in the kernel, what was stored, what is missing of it, and what it cost.
CREATE VIEW ledger (
  interval_id,               -- number of the interval
  session_id,                -- joins session
  started_us,                -- start of the interval, µs since 1970 (UTC)
  ended_us,                  -- end of the interval, µs since 1970 (UTC)
  kernel_op_count,           -- operations the kernel counted in the interval
  stored_op_count,           -- operations stored; equal unless uncounted_count says otherwise
  uncounted_count,           -- operations the kernel counted that are missing from the totals (a full map, a lost interval)
  skipped_count,             -- runs of a probe the kernel skipped because it was under way on that CPU: operations that may be missing
  suppressed_count,          -- single events beyond the budget; the totals count them
  exemplars_lost_count,      -- single events lost in bpftrace's buffer; the totals count them
  rejected_count,            -- lines of bpftrace's that made no sense
  row_count,                 -- rows written
  kernel_cpu_us,             -- CPU time of the probes in the kernel, µs: estimated from the latest sample in cost_samples; null before the first
  daemon_cpu_us,             -- CPU time of the daemon, µs
  daemon_rss_bytes,          -- resident memory of the daemon at the end
  bpftrace_cpu_us,           -- CPU time of bpftrace in user space and system calls, µs
  bpftrace_rss_bytes,        -- resident memory of bpftrace at the end
  database_bytes             -- size of the database
) AS
SELECT
  interval_id, session_id, started_us, ended_us, kernel_op_count, stored_op_count,
  (SELECT ifnull(sum(lost_count), 0) FROM loss_record WHERE loss_record.interval_id = interval.interval_id AND kind = 'operations_uncounted'),
  (SELECT ifnull(sum(lost_count), 0) FROM loss_record WHERE loss_record.interval_id = interval.interval_id AND kind = 'programs_skipped'),
  (SELECT ifnull(sum(lost_count), 0) FROM loss_record WHERE loss_record.interval_id = interval.interval_id AND kind = 'exemplars_suppressed'),
  (SELECT ifnull(sum(lost_count), 0) FROM loss_record WHERE loss_record.interval_id = interval.interval_id AND kind = 'exemplars_lost'),
  (SELECT ifnull(sum(lost_count), 0) FROM loss_record WHERE loss_record.interval_id = interval.interval_id AND kind = 'record_rejected'),
  row_count,
  (SELECT CAST(interval.kernel_op_count * (run_time_ns / 1000.0 / max(op_count, 1)) AS INTEGER) FROM cost_sample
   WHERE cost_sample.session_id = interval.session_id AND cost_sample.started_us <= interval.ended_us
   ORDER BY cost_sample.started_us DESC LIMIT 1),
  daemon_cpu_us, daemon_rss_bytes, bpftrace_cpu_us, bpftrace_rss_bytes, database_bytes
FROM interval;
