-- Intervals, and the longer spans (a minute, ten, an hour, six, a day) they were added up to: what a window is answered from. Of a span that lies in the window, or is the last of its line and overlaps it, one row stands for all below it.
CREATE VIEW spans (
  span_id,         -- number of the span: an interval's interval_id, from 2^40 on a longer one's
  session_id,      -- joins session
  seconds,         -- 0 for an interval, else nominal length: 60, 600, 3600, 21600, 86400
  parent_id,       -- span_id of the longer span this one was added to; null while that is not over
  started_us_min,  -- start of the first interval in it, µs since 1970 (UTC)
  started_us_max,  -- latest start of an interval in it, µs since 1970 (UTC); the earliest once its intervals were removed
  ended_us_min,    -- earliest end of an interval in it, µs since 1970 (UTC); the latest once its intervals were removed
  ended_us_max,    -- end of the last interval in it, µs since 1970 (UTC)
  interval_count,  -- number of intervals
  recorded_us      -- time they cover, µs
) AS
SELECT
  interval_id, session_id, 0, rollup_id, started_us, started_us, ended_us, ended_us, 1, ended_us - started_us
FROM interval
UNION ALL
SELECT
  rollup_id, session_id, seconds, parent_id, started_us_min, started_us_max, ended_us_min, ended_us_max,
  interval_count, recorded_us
FROM rollup;
