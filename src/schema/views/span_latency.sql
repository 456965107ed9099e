-- Latency distribution of each span, by key: how many operations fell into each bucket. Sum over spans of which none is part of another. Exact counts.
CREATE VIEW span_latency (
  span_id,     -- the span; joins spans
  op_id,       -- operation; joins ops
  cgroup_key,  -- cgroup; joins cgroups
  variant_id,  -- variant of the operation; joins variants
  device_key,  -- device; joins devices
  bucket,      -- number of the bucket; bounds as in latency
  op_count     -- number of operations in the bucket
) AS
SELECT rollup_id, op_id, cgroup_key, variant, device_key, bucket, op_count FROM rollup_bucket
UNION ALL
-- Of a minute they are those of its intervals.
SELECT interval.rollup_id, op_id, cgroup_key, variant, device_key, bucket, op_count
FROM interval
CROSS JOIN bucket ON bucket.interval_id = interval.interval_id
WHERE interval.rollup_id IS NOT NULL
UNION ALL
SELECT interval_id, op_id, cgroup_key, variant, device_key, bucket, op_count FROM bucket;
