-- Commits of file systems' journals and waits for them, one row per interval, cgroup, process and file. Exact.
CREATE VIEW journal (
  started_us,             -- start of the interval, µs since 1970 (UTC)
  ended_us,               -- end of the interval, µs since 1970 (UTC)
  container,              -- journal_commit: container whose sync asked for it first; journal_wait: container that waited; null outside containers
  pod,                    -- Kubernetes pod name
  namespace,              -- Kubernetes namespace
  cgroup_path,            -- path of that cgroup below the cgroup2 mount
  process,                -- journal_commit: the journal's thread; journal_wait: the process that waited
  pid,                    -- its process id in the initial pid namespace
  file,                   -- journal_wait: the file being synced, as the file system below an overlay has it
  host_path,              -- its path on the host
  device,                 -- device of the file system
  op,                     -- journal_commit: a transaction written to the journal; journal_wait: a task that waited until its transaction was, or the log of xfs
  commit_reason,          -- journal_commit: asked (by a sync), due (every 5 s, or the journal filled up)
  op_count,               -- number of them
  latency_ns_sum,         -- sum of their durations, ns
  latency_ns_max,         -- longest of them, ns; exact
  logging_latency_ns_sum  -- journal_commit: part of latency_ns_sum after the files' own data was written: journal blocks, flush, commit record, ns
) AS
SELECT
  started_us, ended_us, container, pod, namespace, cgroup_path, process, pid, file, host_path, device,
  op, variant, op_count, latency_ns_sum, latency_ns_max, inner_latency_ns_sum
FROM operations WHERE op IN ('journal_commit', 'journal_wait');
