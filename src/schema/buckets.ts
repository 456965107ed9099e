/**
 * Log-linear latency buckets, the same arithmetic as `bpf/common/add.bt`: equal steps within each power of two, the
 * finer the longer. A bucket's number is 16 times the exponent, plus how many sixteenths it lies above that power.
 */
export const BUCKET_STEPS = [
  { fromNs: 2 ** 16, sixteenths: 1 },
  { fromNs: 2 ** 12, sixteenths: 2 },
  { fromNs: 0, sixteenths: 4 },
] as const;

/** How far the middle of a bucket may be from a latency in it: a step's 32nd. */
export const BUCKET_ERROR_TEXT = 'at most 3.1 % off from 65.5 µs on, 6.25 % from 4.1 µs on, 12.5 % below';

/** The middle of the bucket whose number is in the column `bucket`, ns, as SQL. */
export const BUCKET_MIDDLE_SQL =
  '((32 + 2 * (bucket % 16) + iif(bucket < 192, 4, iif(bucket < 256, 2, 1))) * (1 << (bucket / 16))) / 32';

/** Bucket of a latency in ns (integer ≥ 0). */
export function bucketOf(latencyNs: number): number {
  const value = BigInt(latencyNs);
  const exponent = value === 0n ? 0 : value.toString(2).length - 1;
  const sixteenths = Number(((value << 4n) >> BigInt(exponent)) & 15n);
  return exponent * 16 + sixteenths - (sixteenths % stepOf(exponent));
}

/** Smallest latency in ns that falls into the bucket. */
export function bucketLowerNs(bucket: number): number {
  return ((16 + (bucket % 16)) * 2 ** Math.floor(bucket / 16)) / 16;
}

/** Smallest latency in ns that falls beyond the bucket. */
export function bucketUpperNs(bucket: number): number {
  const exponent = Math.floor(bucket / 16);
  return ((16 + (bucket % 16) + stepOf(exponent)) * 2 ** exponent) / 16;
}

function stepOf(exponent: number): number {
  return BUCKET_STEPS.find(({ fromNs }) => 2 ** exponent >= fromNs)?.sixteenths ?? 1;
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
