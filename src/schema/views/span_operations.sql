-- Operations of each span, by key, without process and file. Sum over spans of which none is part of another; the names are in ops, variants, cgroups and devices. Exact.
CREATE VIEW span_operations (
  span_id,              -- the span; joins spans
  op_id,                -- operation; joins ops
  cgroup_key,           -- cgroup; joins cgroups
  variant_id,           -- variant of the operation; joins variants
  device_key,           -- device; joins devices
  op_count,             -- number of operations
  error_count,          -- how many of them failed
  size_bytes_sum,       -- bytes moved by them
  latency_ns_sum,       -- sum of their latencies, ns
  latency_ns_max,       -- longest of them, ns; exact
  inner_latency_ns_sum  -- part of latency_ns_sum spent one layer below, ns
) AS
SELECT
  rollup_id, op_id, cgroup_key, variant, device_key,
  op_count, error_count, size_bytes_sum, latency_ns_sum, latency_ns_max, inner_latency_ns_sum
FROM rollup_total
UNION ALL
SELECT
  interval_id, op_id, cgroup_key, variant, ifnull(file.device_key, 0),
  op_count, error_count, size_bytes_sum, latency_ns_sum, latency_ns_max, inner_latency_ns_sum
FROM total
LEFT JOIN file USING (file_key);
