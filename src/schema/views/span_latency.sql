-- Latency distribution of each span, by key: how many operations fell into each bucket. Sum over spans of which none is part of another. Exact counts.
CREATE VIEW span_latency (
  span_id,     -- the span; joins spans
  op_id,       -- operation; joins ops
  cgroup_key,  -- cgroup; joins cgroups
  variant_id,  -- flavour of the operation; joins variants
  device_key,  -- device; joins devices
  bucket,      -- number of the bucket; bounds as in latency
  op_count     -- number of operations in the bucket
) AS
SELECT period_id, op_id, cgroup_key, variant, device_key, bucket, op_count FROM period_bucket
UNION ALL
-- Of a minute they are those of its intervals.
SELECT flush.period_id, op_id, cgroup_key, variant, device_key, bucket, op_count
FROM flush
CROSS JOIN bucket ON bucket.flush_id = flush.flush_id
WHERE flush.period_id IS NOT NULL
UNION ALL
SELECT flush_id, op_id, cgroup_key, variant, device_key, bucket, op_count FROM bucket;
