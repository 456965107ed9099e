-- What each probe was proven to see in a run, and what it could not see. Nothing here is ever reported as zero.
CREATE VIEW coverage (
  session_id,  -- joins session
  probe,       -- fsync, copy_up, block, file_io, open, journal, throttle, cgroup, uring, xfs_log, control
  subject,     -- what was tried: a sync kind, an operation
  state,       -- seen: proven at start by a real operation; unproven: attached but not tried; partial: some of it; missing: not covered
  reason,      -- why
  fix,         -- what to do about it, where something can be done
  checked_us   -- when, µs since 1970 (UTC)
) AS
SELECT session_id, probe, subject, state, reason, fix, checked_us FROM coverage_record;
