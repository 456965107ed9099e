-- What did not reach the tables in full: each row says what, when and how much.
CREATE VIEW loss (
  session_id,  -- joins session
  started_us,  -- start of the time in which it happened, µs since 1970 (UTC)
  ended_us,    -- end of it, µs since 1970 (UTC)
  kind,        -- exemplars_suppressed: single events beyond the budget, the totals count them; exemplars_lost: single events that did not arrive, the totals count them; operations_uncounted: missing from the totals (a full map, a lost interval, a full disk); latencies_uncounted: missing from the percentiles (a full map, a lost interval, a full disk); programs_skipped: probes that the kernel skipped (another ran, or bpftrace read a map, on the same CPU: as many operations may be missing, none need be); records_lost: of bpftrace's output (its buffer overran); record_rejected: lines that made no sense; control_refused: commands to the tracer that came from another process and were not obeyed; gap: times no capture ran
  op,          -- operation, where it is known
  lost_count,  -- how many
  detail       -- first sample or explanation
) AS
SELECT session_id, started_us, ended_us, kind, operation.op, lost_count, detail
FROM loss_record LEFT JOIN operation USING (op_id);
