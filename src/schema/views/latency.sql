-- Latency distribution: how many operations of an interval fell into each bucket, per cgroup and device. Exact counts; a bucket is 6.25 % wide at most from 65.5 µs on, 12.5 % from 4.1 µs on, 25 % below.
CREATE VIEW latency (
  interval_id,       -- the interval's number; joins ledger
  started_us,        -- start of the interval, µs since 1970 (UTC)
  ended_us,          -- end of the interval, µs since 1970 (UTC)
  container,         -- container name; null outside containers
  pod,               -- Kubernetes pod name
  namespace,         -- Kubernetes namespace
  cgroup_path,       -- path of the cgroup below the cgroup2 mount
  device,            -- device
  op,                -- operation
  variant,           -- variant of the operation, fsync: the sync kind
  bucket,            -- number of the bucket: 16 times the power of two, plus sixteenths of it
  latency_ns_lower,  -- smallest latency in the bucket, ns
  latency_ns_upper,  -- smallest latency beyond the bucket, ns
  op_count           -- number of operations in the bucket
) AS
SELECT
  bucket.interval_id, interval.started_us, interval.ended_us,
  container.name, container.pod, container.namespace, cgroup.path, device.name,
  operation.op, variant.name, bucket.bucket,
  ((16 + bucket.bucket % 16) * (1 << (bucket.bucket / 16))) / 16,
  ((16 + bucket.bucket % 16 + iif(bucket.bucket < 192, 4, iif(bucket.bucket < 256, 2, 1)))
    * (1 << (bucket.bucket / 16))) / 16,
  bucket.op_count
FROM interval
CROSS JOIN bucket ON bucket.interval_id = interval.interval_id
LEFT JOIN operation USING (op_id)
LEFT JOIN variant USING (op_id, variant)
LEFT JOIN cgroup USING (cgroup_key)
LEFT JOIN container ON container.container_key = cgroup.container_key
LEFT JOIN device USING (device_key);
