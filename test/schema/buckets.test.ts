import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BUCKET_ERROR_TEXT,
  BUCKET_STEPS,
  bucketLowerNs,
  bucketOf,
  bucketUpperNs,
  quantileNs,
} from '../../src/schema/buckets.ts';

// Up to a day: longer than any operation lives.
const latency = fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 86_400e9 }));

function countBuckets(latencies: readonly number[]): { bucket: number; op_count: number }[] {
  const counts = new Map<number, number>();
  for (const each of latencies) counts.set(bucketOf(each), (counts.get(bucketOf(each)) ?? 0) + 1);
  return [...counts].map(([bucket, op_count]) => ({ bucket, op_count }));
}

const errorMaxAt = (ns: number): number => BUCKET_STEPS.find(({ fromNs }) => fromNs <= ns)!.sixteenths / 32;

function nearestRank(latencies: readonly number[], q: number): number {
  return latencies.toSorted((a, b) => a - b)[Math.ceil(q * latencies.length) - 1]!;
}

test('every latency lies between the bounds of its bucket', () => {
  fc.assert(
    fc.property(latency, (ns) => {
      const bucket = bucketOf(ns);
      expect(bucketLowerNs(bucket)).toBeLessThanOrEqual(ns);
      expect(bucketUpperNs(bucket)).toBeGreaterThan(ns);
    }),
  );
});

// From 16 ns on the bounds are whole numbers of nanoseconds.
test('buckets follow each other without a gap', () => {
  for (let bucket = bucketOf(16); bucket < bucketOf(2 ** 50);) {
    const next = bucketOf(bucketUpperNs(bucket));
    expect(bucketLowerNs(next)).toBe(bucketUpperNs(bucket));
    expect(next).toBeGreaterThan(bucket);
    bucket = next;
  }
});

test('a quantile is no farther from the latency of that rank than it says', () => {
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.01, 0.5, 0.9, 0.95, 0.99, 1),
      (latencies, q) => {
        const exact = nearestRank(latencies, q);
        const found = quantileNs(countBuckets(latencies), q, Math.max(...latencies))!;
        expect(Math.abs(found - exact) / exact).toBeLessThanOrEqual(errorMaxAt(exact));
        expect(found).toBeLessThanOrEqual(Math.max(...latencies));
      },
    ),
  );
});

test('the error in words is that of the buckets', () => {
  const [long, middling, short] = BUCKET_STEPS.map(({ fromNs, sixteenths }) => ({
    from: `from ${(fromNs / 1000).toFixed(1)} µs on`,
    percent: (sixteenths / 32) * 100,
  }));
  expect(BUCKET_ERROR_TEXT).toBe(
    `at most ${long!.percent.toFixed(1)} % off ${long!.from}, ${String(middling!.percent)} % ${middling!.from}, ${String(short!.percent)} % below`,
  );
});

test('quantiles rise with q', () => {
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1 }), (latencies) => {
      const buckets = countBuckets(latencies);
      expect(quantileNs(buckets, 0.5)!).toBeLessThanOrEqual(quantileNs(buckets, 0.99)!);
    }),
  );
});

test('without operations there is no quantile', () => {
  expect(quantileNs([], 0.99)).toBeNull();
});
