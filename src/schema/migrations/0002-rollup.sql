-- What the intervals of a minute, ten minutes, an hour, six hours and a day add up to: a long window is answered
-- from few rows.

-- A period is made of the intervals (or smaller periods) of one run that start in it, once it is over. Its
-- bounds tell which windows hold all of it. Numbers begin at 2^40: beside flush_ids they are one kind, span_ids.
CREATE TABLE period (
  period_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  seconds INTEGER NOT NULL,
  parent_id INTEGER REFERENCES period,
  started_us_min INTEGER NOT NULL,
  started_us_max INTEGER NOT NULL,
  ended_us_min INTEGER NOT NULL,
  ended_us_max INTEGER NOT NULL,
  interval_count INTEGER NOT NULL,
  recorded_us INTEGER NOT NULL,
  -- 1: what it was added up from is being removed; 2: it itself as well. Its bounds are then those of an
  -- interval: it counts whole in every window it overlaps.
  removing INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX period_parent ON period (parent_id, seconds, run_id, started_us_min);
CREATE INDEX period_seconds ON period (seconds, started_us_min);
CREATE INDEX period_removing ON period (removing) WHERE removing > 0;

-- The smallest period an interval is part of; null while that is not over.
ALTER TABLE flush ADD COLUMN period_id INTEGER REFERENCES period;
CREATE INDEX flush_period ON flush (period_id, run_id, started_us);

-- Totals of a period without process and file. Device 0 is one whose row is missing.
CREATE TABLE period_total (
  period_id INTEGER NOT NULL,
  op_id INTEGER NOT NULL,
  cgroup_key INTEGER NOT NULL,
  variant INTEGER NOT NULL,
  device_key INTEGER NOT NULL,
  op_count INTEGER NOT NULL,
  error_count INTEGER NOT NULL,
  size_bytes_sum INTEGER NOT NULL,
  latency_ns_sum INTEGER NOT NULL,
  latency_ns_max INTEGER NOT NULL,
  inner_latency_ns_sum INTEGER NOT NULL,
  PRIMARY KEY (period_id, op_id, cgroup_key, variant, device_key)
) STRICT, WITHOUT ROWID;

-- Totals of a period with them, and its latency distribution; from ten minutes on.
CREATE TABLE period_file (
  period_id INTEGER NOT NULL,
  op_id INTEGER NOT NULL,
  cgroup_key INTEGER NOT NULL,
  variant INTEGER NOT NULL,
  process_key INTEGER NOT NULL,
  file_key INTEGER NOT NULL,
  op_count INTEGER NOT NULL,
  error_count INTEGER NOT NULL,
  size_bytes_sum INTEGER NOT NULL,
  latency_ns_sum INTEGER NOT NULL,
  latency_ns_max INTEGER NOT NULL,
  inner_latency_ns_sum INTEGER NOT NULL,
  PRIMARY KEY (period_id, op_id, cgroup_key, variant, process_key, file_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE period_bucket (
  period_id INTEGER NOT NULL,
  op_id INTEGER NOT NULL,
  cgroup_key INTEGER NOT NULL,
  variant INTEGER NOT NULL,
  device_key INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  op_count INTEGER NOT NULL,
  PRIMARY KEY (period_id, op_id, cgroup_key, variant, device_key, bucket)
) STRICT, WITHOUT ROWID;

-- What was removed to keep the database small, and why.
CREATE TABLE removal (
  removal_id INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  started_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL
) STRICT;
CREATE INDEX removal_ended ON removal (ended_us);

-- When a row was last looked up, at most an hour before it was last used: rows nobody refers to any more go.
ALTER TABLE file ADD COLUMN used_us INTEGER;
ALTER TABLE process ADD COLUMN used_us INTEGER;
UPDATE file SET used_us = (SELECT max(ended_us) FROM flush);
UPDATE process SET used_us = (SELECT max(ended_us) FROM flush);
CREATE INDEX file_used ON file (used_us);
CREATE INDEX process_used ON process (used_us);
