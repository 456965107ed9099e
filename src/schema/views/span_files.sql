-- Operations of each span, by key, with process and file. Sum over spans of which none is part of another; the names are in ops, variants, cgroups, processes and files. Exact.
CREATE VIEW span_files (
  span_id,              -- the span; joins spans
  op_id,                -- operation; joins ops
  cgroup_key,           -- cgroup; joins cgroups
  variant_id,           -- variant of the operation; joins variants
  process_key,          -- process; joins processes
  file_key,             -- file; joins files
  op_count,             -- number of operations
  error_count,          -- how many of them failed
  size_bytes_sum,       -- bytes moved by them
  latency_ns_sum,       -- sum of their latencies, ns
  latency_ns_max,       -- longest of them, ns; exact
  inner_latency_ns_sum  -- part of latency_ns_sum spent one layer below, ns
) AS
SELECT
  rollup_id, op_id, cgroup_key, variant, process_key, file_key,
  op_count, error_count, size_bytes_sum, latency_ns_sum, latency_ns_max, inner_latency_ns_sum
FROM rollup_file
UNION ALL
-- Of a minute they are those of its intervals: its sums would be hardly fewer rows.
SELECT
  interval.rollup_id, op_id, cgroup_key, variant, process_key, file_key,
  op_count, error_count, size_bytes_sum, latency_ns_sum, latency_ns_max, inner_latency_ns_sum
FROM interval
CROSS JOIN total ON total.interval_id = interval.interval_id
WHERE interval.rollup_id IS NOT NULL
UNION ALL
SELECT
  interval_id, op_id, cgroup_key, variant, process_key, file_key,
  op_count, error_count, size_bytes_sum, latency_ns_sum, latency_ns_max, inner_latency_ns_sum
FROM total;
