-- What was removed to keep the database small. What is removed is in no answer any more, but for the longer spans kept of it.
CREATE VIEW removals (
  at_us,       -- when, µs since 1970 (UTC)
  subject,     -- intervals: an hour's intervals and shorter spans, of which the hour is kept; spans: all of a day
  reason,      -- keep: older than --keep; max-database: to stay below --max-database
  started_us,  -- start of the time it was about, µs since 1970 (UTC)
  ended_us     -- end of it, µs since 1970 (UTC)
) AS
SELECT at_us, subject, reason, started_us, ended_us FROM removal;
