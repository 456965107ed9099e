-- What a slow sync did with its time.
CREATE TABLE sync_stage (
  exemplar_id INTEGER PRIMARY KEY REFERENCES exemplar,
  data_ns INTEGER NOT NULL,
  journal_ns INTEGER NOT NULL,
  flush_ns INTEGER NOT NULL
) STRICT;

-- Whose I/O was in flight on a disk, in slots of 100 ms, of those in which something was slow.
CREATE TABLE inflight_slot (
  run_id INTEGER NOT NULL REFERENCES run,
  started_us INTEGER NOT NULL,
  device_key INTEGER NOT NULL REFERENCES device,
  cgroup_key INTEGER NOT NULL REFERENCES cgroup,
  inflight_ns INTEGER NOT NULL,
  PRIMARY KEY (started_us, device_key, cgroup_key, run_id)
) STRICT, WITHOUT ROWID;

-- Block requests that failed.
CREATE TABLE block_failure (
  failure_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  ended_us INTEGER NOT NULL,
  op_id INTEGER NOT NULL,
  status INTEGER NOT NULL,
  sector INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  cgroup_key INTEGER NOT NULL,
  process_key INTEGER NOT NULL,
  file_key INTEGER NOT NULL
) STRICT;
CREATE INDEX block_failure_ended ON block_failure (ended_us);

-- The disks a file system's device is made of: itself, a partition's disk, what a mapped device lies on.
CREATE TABLE device_disk (
  device TEXT NOT NULL,
  disk TEXT NOT NULL,
  PRIMARY KEY (device, disk)
) STRICT, WITHOUT ROWID;
