-- What slow syncs did with their time, one row each, where fentry or kprobe sessions can tell. The parts and the remainder are the whole.
CREATE VIEW sync_stages (
  exemplar_id,           -- number of the single event; joins slow
  ended_us,              -- when the sync ended, µs since 1970 (UTC)
  container,             -- container name; null outside containers
  cgroup_path,           -- path of the cgroup below the cgroup2 mount
  file,                  -- path as the container sees it
  device,                -- device the file's data is on
  sync_kind,             -- fsync, fdatasync, …
  latency_ns,            -- the whole, ns
  data_latency_ns,       -- writing the file's own dirty pages and waiting for them, ns
  journal_latency_ns,    -- waiting for a commit of the journal, on xfs for the log, ns
  flush_latency_ns,      -- flushing the disk's cache, ns
  remainder_latency_ns   -- the rest: locks, CPU, what is not measured, ns
) AS
SELECT
  exemplar_id, ended_us, container, cgroup_path, file, device, variant, latency_ns,
  data_ns, journal_ns, flush_ns, latency_ns - data_ns - journal_ns - flush_ns
FROM slow JOIN sync_stage USING (exemplar_id);
