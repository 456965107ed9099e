-- What each sampler cost, summed over about a minute.
CREATE VIEW sampler_costs (
  session_id,   -- joins session
  started_us,   -- start of that minute, µs since 1970 (UTC)
  ended_us,     -- end of that minute, µs since 1970 (UTC)
  sampler,      -- name of the sampler; store: writing their rows
  round_count,  -- times it ran
  row_count,    -- rows it gave
  cpu_us,       -- CPU time of the daemon, µs
  cpu_us_max    -- that of its most expensive round, µs
) AS
SELECT session_id, started_us, ended_us, sampler, round_count, row_count, cpu_us, cpu_us_max FROM sampler_cost;
