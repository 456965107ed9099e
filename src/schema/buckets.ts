/**
 * Log-linear latency buckets: 8 equal steps per power of two, the same arithmetic as
 * `bpf/common/count.bt`. A bucket is never wider than 1/8 of its lower bound, so its middle is at
 * most 6.25 % away from any latency in it.
 */
export const BUCKETS_PER_OCTAVE = 8;
export const BUCKET_RELATIVE_ERROR_MAX = 0.0625;

/** Bucket of a latency in ns (integer ≥ 0). */
export function bucketOf(latencyNs: number): number {
  const value = BigInt(latencyNs);
  const exponent = value === 0n ? 0 : value.toString(2).length - 1;
  return exponent * 8 + Number(((value << 3n) >> BigInt(exponent)) & 7n);
}

/** Smallest latency in ns that falls into the bucket. */
export function bucketLowerNs(bucket: number): number {
  return ((8 + (bucket % 8)) * 2 ** Math.floor(bucket / 8)) / 8;
}

/** Smallest latency in ns that falls beyond the bucket. */
export function bucketUpperNs(bucket: number): number {
  return ((9 + (bucket % 8)) * 2 ** Math.floor(bucket / 8)) / 8;
}

export type BucketCount = { readonly bucket: number; readonly op_count: number };

/**
 * The q-quantile (0 < q ≤ 1) in ns by nearest rank: the middle of the bucket in which the
 * operation of that rank lies, never above `latencyNsMax` (which is exact). `null` without operations.
 */
export function quantileNs(
  buckets: readonly BucketCount[],
  q: number,
  latencyNsMax = Number.POSITIVE_INFINITY,
): number | null {
  const sorted = buckets.toSorted((a, b) => a.bucket - b.bucket);
  const total = sorted.reduce((sum, each) => sum + each.op_count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const { bucket, op_count } of sorted) {
    seen += op_count;
    if (seen >= rank) {
      // Downwards: a bucket one nanosecond wide holds its lower bound alone.
      const middle = Math.floor((bucketLowerNs(bucket) + bucketUpperNs(bucket)) / 2);
      return Math.min(middle, latencyNsMax);
    }
  }
  return null;
}
