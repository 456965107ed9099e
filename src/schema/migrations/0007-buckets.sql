-- Buckets that are finer for long latencies and coarser for short ones (src/schema/buckets.ts). Before, there were eight
-- per power of two: from 65.5 µs on, what was recorded so counts in the lower of the two that it became.
CREATE TEMP TABLE eighths AS SELECT * FROM bucket;
DELETE FROM bucket;
INSERT INTO bucket
SELECT flush_id, op_id, variant, cgroup_key, device_key, iif(bucket < 96, bucket / 2 * 4, bucket * 2) AS sixteenths,
  sum(op_count)
FROM eighths
GROUP BY flush_id, op_id, variant, cgroup_key, device_key, sixteenths;
DROP TABLE eighths;

CREATE TEMP TABLE eighths AS SELECT * FROM period_bucket;
DELETE FROM period_bucket;
INSERT INTO period_bucket
SELECT period_id, op_id, cgroup_key, variant, device_key, iif(bucket < 96, bucket / 2 * 4, bucket * 2) AS sixteenths,
  sum(op_count)
FROM eighths
GROUP BY period_id, op_id, cgroup_key, variant, device_key, sixteenths;
DROP TABLE eighths;
