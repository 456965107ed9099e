-- What the probes cost in the kernel, measured for one interval a minute (kernel.bpf_stats_enabled costs too).
CREATE TABLE cost_sample (
  sample_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  started_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL,
  op_count INTEGER NOT NULL,
  run_time_ns INTEGER NOT NULL,
  map_memory_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX cost_sample_run ON cost_sample (run_id, started_us);

-- The same for each program.
CREATE TABLE program (
  sample_id INTEGER NOT NULL REFERENCES cost_sample,
  name TEXT NOT NULL,
  program_count INTEGER NOT NULL,
  run_count INTEGER NOT NULL,
  run_time_ns INTEGER NOT NULL,
  missed_count INTEGER NOT NULL,
  PRIMARY KEY (sample_id, name)
) STRICT, WITHOUT ROWID;

-- Each change of the budgets, up or down.
CREATE TABLE governor_step (
  step_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  at_us INTEGER NOT NULL,
  level INTEGER NOT NULL,
  detail TEXT NOT NULL,
  cpu_percent REAL NOT NULL,
  max_cpu_percent REAL NOT NULL
) STRICT;

-- The interval a loss was noticed in; null for gaps between two.
ALTER TABLE lost ADD COLUMN flush_id INTEGER REFERENCES flush;
CREATE INDEX lost_flush ON lost (flush_id);
