-- What did not reach the tables in full: each row says what, when and how much.
CREATE VIEW loss (
  session_id,  -- joins session
  started_us,  -- start of the time in which it happened, µs since 1970 (UTC)
  ended_us,    -- end of it, µs since 1970 (UTC)
  kind,        -- exemplars_suppressed: single events over budget, the totals count them; exemplars_lost: single events sent that did not arrive, the totals count them; operations_uncounted, latencies_uncounted: missing from totals or percentiles (a full map, a lost interval, a full disk); programs_skipped: runs of a probe the kernel skipped because another ran, or bpftrace read a map, on the same CPU, so operations that may be missing; records_lost: bpftrace's buffer overran; record_rejected: a line that made no sense; gap: no capture ran
  op,          -- operation, where it is known
  lost_count,  -- how many
  detail       -- first sample or explanation
) AS
SELECT session_id, started_us, ended_us, kind, operation.op, lost_count, detail
FROM loss_record LEFT JOIN operation USING (op_id);
