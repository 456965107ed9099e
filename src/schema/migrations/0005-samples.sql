-- What the samplers read from /proc and /sys. Counters are stored as what they grew by since the tick before:
-- exact integers, so that every rate can be computed from one row. What is a setting is stored when it changes.

-- One round of the samplers: its deltas span [started_us, ended_us), the length measured by the monotonic clock.
CREATE TABLE tick (
  tick_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  started_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL
) STRICT;
CREATE INDEX tick_ended ON tick (ended_us);

-- /proc/diskstats (kernel Documentation/admin-guide/iostats.rst).
CREATE TABLE device_sample (
  tick_id INTEGER NOT NULL,
  device_key INTEGER NOT NULL,
  read_count INTEGER NOT NULL,
  read_merged_count INTEGER NOT NULL,
  read_bytes INTEGER NOT NULL,
  read_ms INTEGER NOT NULL,
  write_count INTEGER NOT NULL,
  write_merged_count INTEGER NOT NULL,
  write_bytes INTEGER NOT NULL,
  write_ms INTEGER NOT NULL,
  in_flight_count INTEGER NOT NULL,
  busy_ms INTEGER NOT NULL,
  queue_ms INTEGER NOT NULL,
  discard_count INTEGER,
  discard_merged_count INTEGER,
  discard_bytes INTEGER,
  discard_ms INTEGER,
  flush_count INTEGER,
  flush_ms INTEGER,
  PRIMARY KEY (tick_id, device_key)
) STRICT, WITHOUT ROWID;

-- The host as a whole: /proc/stat, /proc/meminfo, /proc/vmstat, /proc/pressure. Null: could not be read.
CREATE TABLE host_sample (
  tick_id INTEGER PRIMARY KEY,
  cpu_ticks INTEGER,
  user_ticks INTEGER,
  system_ticks INTEGER,
  iowait_ticks INTEGER,
  steal_ticks INTEGER,
  idle_ticks INTEGER,
  context_switch_count INTEGER,
  fork_count INTEGER,
  running_count INTEGER,
  blocked_count INTEGER,
  dirty_bytes INTEGER,
  writeback_bytes INTEGER,
  dirty_limit_bytes INTEGER,
  dirty_background_limit_bytes INTEGER,
  available_bytes INTEGER,
  cached_bytes INTEGER,
  swap_used_bytes INTEGER,
  dirtied_bytes INTEGER,
  written_bytes INTEGER,
  swap_in_bytes INTEGER,
  swap_out_bytes INTEGER,
  major_fault_count INTEGER,
  refault_count INTEGER,
  reclaim_stall_count INTEGER,
  io_some_us INTEGER,
  io_full_us INTEGER,
  memory_some_us INTEGER,
  memory_full_us INTEGER
) STRICT;

-- A cgroup: io.stat (all devices), io.pressure, memory.pressure, memory.stat, memory.events. Null: could not be read.
CREATE TABLE cgroup_sample (
  tick_id INTEGER NOT NULL,
  cgroup_key INTEGER NOT NULL,
  read_count INTEGER,
  read_bytes INTEGER,
  write_count INTEGER,
  write_bytes INTEGER,
  discard_count INTEGER,
  discard_bytes INTEGER,
  io_some_us INTEGER,
  io_full_us INTEGER,
  memory_some_us INTEGER,
  memory_full_us INTEGER,
  dirty_bytes INTEGER,
  writeback_bytes INTEGER,
  file_bytes INTEGER,
  anon_bytes INTEGER,
  memory_high_count INTEGER,
  memory_max_count INTEGER,
  oom_kill_count INTEGER,
  PRIMARY KEY (tick_id, cgroup_key)
) STRICT, WITHOUT ROWID;

-- io.stat of a cgroup, per device that moved.
CREATE TABLE cgroup_device_sample (
  tick_id INTEGER NOT NULL,
  cgroup_key INTEGER NOT NULL,
  device_key INTEGER NOT NULL,
  read_count INTEGER NOT NULL,
  read_bytes INTEGER NOT NULL,
  write_count INTEGER NOT NULL,
  write_bytes INTEGER NOT NULL,
  discard_count INTEGER NOT NULL,
  discard_bytes INTEGER NOT NULL,
  PRIMARY KEY (tick_id, cgroup_key, device_key)
) STRICT, WITHOUT ROWID;

-- /proc/PID/io of processes that moved something.
CREATE TABLE process_sample (
  tick_id INTEGER NOT NULL,
  process_key INTEGER NOT NULL,
  cgroup_key INTEGER,
  elapsed_us INTEGER NOT NULL,
  read_bytes INTEGER NOT NULL,
  write_bytes INTEGER NOT NULL,
  cancelled_write_bytes INTEGER NOT NULL,
  io_delay_ticks INTEGER,
  PRIMARY KEY (tick_id, process_key)
) STRICT, WITHOUT ROWID;

-- statfs(2) of a file system that holds container data.
CREATE TABLE filesystem_sample (
  filesystem_sample_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  sampled_us INTEGER NOT NULL,
  device_key INTEGER NOT NULL REFERENCES device,
  mount_point TEXT NOT NULL,
  fs_type TEXT NOT NULL,
  holds TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  free_bytes INTEGER NOT NULL,
  available_bytes INTEGER NOT NULL,
  inode_count INTEGER,
  inode_free_count INTEGER
) STRICT;
CREATE INDEX filesystem_sampled ON filesystem_sample (sampled_us);

-- How many files a writable layer holds.
CREATE TABLE upperdir_sample (
  upperdir_sample_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  sampled_us INTEGER NOT NULL,
  container_key INTEGER NOT NULL REFERENCES container,
  upperdir TEXT NOT NULL,
  file_count INTEGER NOT NULL,
  directory_count INTEGER NOT NULL,
  is_complete INTEGER NOT NULL
) STRICT;
CREATE INDEX upperdir_sampled ON upperdir_sample (sampled_us);

-- Settings: a row holds from since_us until until_us, null: until the run's end.
CREATE TABLE mount_state (
  mount_key INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  since_us INTEGER NOT NULL,
  until_us INTEGER,
  mount_point TEXT NOT NULL,
  root TEXT NOT NULL,
  fs_type TEXT NOT NULL,
  source TEXT NOT NULL,
  device_key INTEGER NOT NULL REFERENCES device,
  container_key INTEGER REFERENCES container,
  is_read_only INTEGER NOT NULL,
  atime TEXT NOT NULL,
  has_diratime INTEGER NOT NULL,
  data_mode TEXT,
  has_barrier INTEGER,
  commit_s INTEGER,
  is_discarding INTEGER NOT NULL,
  lowerdir_count INTEGER,
  upperdir TEXT,
  overlay_index TEXT,
  overlay_metacopy TEXT,
  is_volatile INTEGER,
  options TEXT NOT NULL
) STRICT;
CREATE INDEX mount_since ON mount_state (run_id, since_us);

CREATE TABLE device_state (
  device_state_key INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  since_us INTEGER NOT NULL,
  until_us INTEGER,
  device_key INTEGER NOT NULL REFERENCES device,
  kind TEXT NOT NULL,
  below TEXT,
  model TEXT,
  size_bytes INTEGER,
  scheduler TEXT,
  write_cache TEXT,
  is_rotational INTEGER,
  request_count_max INTEGER,
  wbt_latency_us INTEGER,
  read_ahead_bytes INTEGER,
  request_bytes_max INTEGER,
  has_iostats INTEGER,
  nomerges INTEGER,
  is_read_only INTEGER
) STRICT;

CREATE TABLE limit_state (
  limit_key INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  since_us INTEGER NOT NULL,
  until_us INTEGER,
  cgroup_key INTEGER NOT NULL REFERENCES cgroup,
  device_key INTEGER REFERENCES device,
  read_bytes_per_s_max INTEGER,
  write_bytes_per_s_max INTEGER,
  reads_per_s_max INTEGER,
  writes_per_s_max INTEGER,
  io_weight INTEGER,
  memory_high_bytes INTEGER,
  memory_max_bytes INTEGER
) STRICT;

-- Lines of the kernel's log; the ring outlives a run, so a line is known by boot and sequence.
CREATE TABLE kernel_message (
  boot_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  run_id INTEGER NOT NULL REFERENCES run,
  logged_us INTEGER NOT NULL,
  level INTEGER NOT NULL,
  topic TEXT NOT NULL,
  device TEXT,
  message TEXT NOT NULL,
  PRIMARY KEY (boot_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX kernel_message_logged ON kernel_message (logged_us);

CREATE TABLE runtime_message (
  runtime_message_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  logged_us INTEGER NOT NULL,
  unit TEXT NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX runtime_message_logged ON runtime_message (logged_us);

-- Deleted files somebody holds open. A round that found none has no rows but a row in sampler_cost.
CREATE TABLE deleted_file (
  deleted_file_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  sampled_us INTEGER NOT NULL,
  cgroup_key INTEGER REFERENCES cgroup,
  process_key INTEGER NOT NULL REFERENCES process,
  device_key INTEGER NOT NULL REFERENCES device,
  inode INTEGER NOT NULL,
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  allocated_bytes INTEGER NOT NULL,
  held_by TEXT NOT NULL,
  holder_count INTEGER NOT NULL
) STRICT;
CREATE INDEX deleted_file_sampled ON deleted_file (sampled_us);

-- What a sampler can't read here, and why.
CREATE TABLE sampler_problem (
  run_id INTEGER NOT NULL REFERENCES run,
  sampler TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  fix TEXT,
  checked_us INTEGER NOT NULL,
  PRIMARY KEY (run_id, sampler, subject)
) STRICT, WITHOUT ROWID;

-- What the samplers cost, summed over a minute.
CREATE TABLE sampler_cost (
  run_id INTEGER NOT NULL REFERENCES run,
  started_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL,
  sampler TEXT NOT NULL,
  round_count INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  cpu_us INTEGER NOT NULL,
  cpu_us_max INTEGER NOT NULL,
  PRIMARY KEY (run_id, ended_us, sampler)
) STRICT, WITHOUT ROWID;
