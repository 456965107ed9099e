-- What each sampler reads here, and what it can't: the views above have null or no rows for that.
CREATE VIEW sampler_coverage (
  session_id,  -- joins session
  sampler,     -- name of the sampler
  subject,     -- what of it: the sampler itself, or a file it reads
  state,       -- seen, partial or missing
  reason,      -- why, in words
  fix,         -- what to do about it; null: nothing known
  checked_us   -- when this was found, µs since 1970 (UTC)
) AS
SELECT session_id, sampler, subject, state, reason, fix, checked_us FROM sampler_problem;
