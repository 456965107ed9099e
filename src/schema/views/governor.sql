-- Each time detail was shed to keep the cost below --max-cpu, or restored. Totals are never shed.
CREATE VIEW governor (
  session_id,       -- joins session
  at_us,            -- when, µs since 1970 (UTC)
  level,            -- 0: full detail; the higher, the less
  detail,           -- what is recorded from then on
  cpu_percent,      -- cost that led to it, percent of one CPU, kernel (estimated) and user
  max_cpu_percent   -- the bound: --max-cpu
) AS
SELECT session_id, at_us, level, detail, cpu_percent, max_cpu_percent FROM governor_step;
