-- Tables record; the views in ../views are what people ask.
-- Strings live once, in dictionaries; what repeats every interval is integers.

-- One run of the daemon.
CREATE TABLE run (
  run_id INTEGER PRIMARY KEY,
  boot_id TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started_us INTEGER NOT NULL,
  alive_us INTEGER NOT NULL,
  ended_us INTEGER,
  ended_how TEXT,
  iotrace_version TEXT NOT NULL,
  kernel_release TEXT NOT NULL,
  bpftrace_version TEXT NOT NULL,
  cpu_count INTEGER NOT NULL,
  interval_ms INTEGER NOT NULL,
  slow_ns INTEGER NOT NULL,
  plan TEXT NOT NULL
) STRICT;

-- One emptying of the kernel's maps: the interval [started_us, ended_us).
CREATE TABLE flush (
  flush_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  started_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL,
  stored_op_count INTEGER NOT NULL,
  kernel_op_count INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  daemon_cpu_us INTEGER NOT NULL,
  daemon_rss_bytes INTEGER NOT NULL,
  bpftrace_cpu_us INTEGER NOT NULL,
  bpftrace_rss_bytes INTEGER NOT NULL,
  database_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX flush_ended ON flush (ended_us);

CREATE TABLE operation (
  op_id INTEGER PRIMARY KEY,
  op TEXT NOT NULL UNIQUE,
  probe TEXT NOT NULL
) STRICT;

CREATE TABLE variant (
  op_id INTEGER NOT NULL,
  variant INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (op_id, variant)
) STRICT, WITHOUT ROWID;

CREATE TABLE container (
  container_key INTEGER PRIMARY KEY,
  runtime TEXT,
  container_id TEXT NOT NULL,
  name TEXT NOT NULL,
  pod TEXT,
  namespace TEXT,
  pod_uid TEXT,
  image TEXT,
  rootfs TEXT,
  upperdir TEXT,
  snapshot TEXT,
  first_seen_us INTEGER NOT NULL
) STRICT;
CREATE INDEX container_identity ON container (runtime, container_id);

CREATE TABLE cgroup (
  cgroup_key INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  cgroup_id INTEGER NOT NULL,
  path TEXT,
  container_key INTEGER REFERENCES container,
  UNIQUE (run_id, cgroup_id)
) STRICT;

CREATE TABLE process (
  process_key INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  pid INTEGER NOT NULL,
  name TEXT,
  UNIQUE (run_id, pid, name)
) STRICT;

CREATE TABLE device (
  device_key INTEGER PRIMARY KEY,
  major INTEGER NOT NULL,
  minor INTEGER NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (major, minor, name)
) STRICT;

-- A file as one container (or the host) sees it.
CREATE TABLE file (
  file_key INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  dev INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  name_hash INTEGER NOT NULL,
  container_key INTEGER REFERENCES container,
  device_key INTEGER NOT NULL REFERENCES device,
  path TEXT,
  host_path TEXT,
  state TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX file_identity
  ON file (run_id, dev, inode, name_hash, ifnull(container_key, 0), device_key);

-- Totals: every operation, exact.
CREATE TABLE total (
  flush_id INTEGER NOT NULL,
  op_id INTEGER NOT NULL,
  variant INTEGER NOT NULL,
  cgroup_key INTEGER NOT NULL,
  process_key INTEGER NOT NULL,
  file_key INTEGER NOT NULL,
  op_count INTEGER NOT NULL,
  error_count INTEGER NOT NULL,
  size_bytes_sum INTEGER NOT NULL,
  latency_ns_sum INTEGER NOT NULL,
  latency_ns_max INTEGER NOT NULL,
  inner_latency_ns_sum INTEGER NOT NULL,
  PRIMARY KEY (flush_id, op_id, variant, cgroup_key, process_key, file_key)
) STRICT, WITHOUT ROWID;

-- Latency distribution of the same operations, per cgroup and device.
CREATE TABLE bucket (
  flush_id INTEGER NOT NULL,
  op_id INTEGER NOT NULL,
  variant INTEGER NOT NULL,
  cgroup_key INTEGER NOT NULL,
  device_key INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  op_count INTEGER NOT NULL,
  PRIMARY KEY (flush_id, op_id, variant, cgroup_key, device_key, bucket)
) STRICT, WITHOUT ROWID;

-- Exemplars: single operations worth looking at, within a budget.
CREATE TABLE exemplar (
  exemplar_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  ended_us INTEGER NOT NULL,
  op_id INTEGER NOT NULL,
  variant INTEGER NOT NULL,
  cgroup_key INTEGER NOT NULL,
  process_key INTEGER NOT NULL,
  tid INTEGER NOT NULL,
  thread TEXT NOT NULL,
  file_key INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  latency_ns INTEGER NOT NULL,
  inner_latency_ns INTEGER NOT NULL,
  error INTEGER NOT NULL
) STRICT;
CREATE INDEX exemplar_ended ON exemplar (ended_us);

-- What each probe was proven to see in a run, and what it could not.
CREATE TABLE proof (
  run_id INTEGER NOT NULL REFERENCES run,
  probe TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  fix TEXT,
  checked_us INTEGER NOT NULL,
  PRIMARY KEY (run_id, probe, subject)
) STRICT, WITHOUT ROWID;

-- What was lost, suppressed or refused, and how much of it.
CREATE TABLE lost (
  lost_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  started_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL,
  kind TEXT NOT NULL,
  op_id INTEGER,
  lost_count INTEGER NOT NULL,
  detail TEXT
) STRICT;
