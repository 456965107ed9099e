import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBalance, createTransit, suppressedOf } from '../../../src/daemon/stream/loss.ts';
import type { Loss } from '../../../src/daemon/stream/loss.ts';
import type { Interval } from '../../../src/daemon/stream/totals.ts';

const FILE = { dev: 1, ino: 7, hash: 0 };

/** An interval in which the kernel counted `counted` fsyncs, and `stored` and `bucketed` arrived. */
const flushOf = (counted: number, stored = counted, bucketed = stored, opId = 1): Interval => ({
  sequence: 1,
  startedBootUs: 0,
  endedBootUs: 1,
  totals:
    stored === 0
      ? []
      : [
          {
            opId,
            variant: 0,
            cgroupId: 1,
            pid: 1,
            file: FILE,
            opCount: stored,
            errorCount: 0,
            sizeBytes: 0,
            latencyNs: 1,
            latencyNsMax: 1,
            innerNs: 0,
          },
        ],
  buckets: bucketed === 0 ? [] : [{ opId, variant: 0, cgroupId: 1, dev: 1, bucket: 0, opCount: bucketed }],
  kernelOps: new Map([[opId, counted]]),
  suppressed: new Map(),
  refusedCount: 0,
  sent: new Map(),
});
const told = (losses: readonly Loss[]) => losses.map(({ kind, opId, count }) => [kind, opId, count]);

describe('what the kernel counted and what arrived', () => {
  test('are the same: nothing is lost', () => {
    const balance = createBalance();
    const intervals = [flushOf(5), flushOf(0), flushOf(7), flushOf(1)];
    expect(intervals.flatMap((interval) => balance.check(interval))).toEqual([]);
    expect(balance.check(flushOf(0), true)).toEqual([]);
  });

  test('differ for good: told once the maps were printed again, and once only', () => {
    const balance = createBalance();
    expect(
      [flushOf(5, 3), flushOf(4), flushOf(4), flushOf(4)].map((interval) => told(balance.check(interval))),
    ).toEqual([
      [],
      [],
      [
        ['operations_uncounted', 1, 2],
        ['latencies_uncounted', 1, 2],
      ],
      [],
    ]);
    expect(balance.check(flushOf(0), true)).toEqual([]);
  });

  test('differ at the end: told at once', () => {
    const balance = createBalance();
    balance.check(flushOf(5, 3, 1));
    expect(balance.check(flushOf(0), true)).toEqual([
      { kind: 'operations_uncounted', opId: 1, count: 2, detail: 'missing from the totals' },
      { kind: 'latencies_uncounted', opId: 1, count: 4, detail: 'missing from the percentiles' },
    ]);
  });

  test.each([1, 2])('differ for a moment: what arrives %i intervals later was not lost', (later) => {
    const balance = createBalance();
    const between = Array.from({ length: later - 1 }, () => flushOf(4));
    const intervals = [flushOf(5, 3), ...between, flushOf(4, 6), flushOf(4), flushOf(4), flushOf(4)];
    expect(intervals.flatMap((interval) => balance.check(interval))).toEqual([]);
    expect(balance.check(flushOf(0), true)).toEqual([]);
  });

  test('are held against each other operation by operation', () => {
    const balance = createBalance();
    balance.check(flushOf(5, 3, 3, 1));
    balance.check(flushOf(3, 5, 5, 2));
    expect(told(balance.check(flushOf(0), true))).toEqual([
      ['operations_uncounted', 1, 2],
      ['latencies_uncounted', 1, 2],
    ]);
  });

  test('differ by what is told in the end, however it was spread', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { maxLength: 20 }), (intervals) => {
        const balance = createBalance();
        const losses = intervals.flatMap(([arrived, missing]) =>
          balance.check(flushOf(arrived + missing, arrived)),
        );
        const all = [...losses, ...balance.check(flushOf(0), true)];
        const sum = (kind: string) =>
          all.filter((loss) => loss.kind === kind).reduce((total, { count }) => total + count, 0);
        const missing = intervals.reduce((total, [, each]) => total + each, 0);
        expect([sum('operations_uncounted'), sum('latencies_uncounted')]).toEqual([missing, missing]);
        expect(all.filter(({ count }) => count <= 0)).toEqual([]);
      }),
    );
  });
});

describe('exemplars in transit', () => {
  test('are not lost while they may still arrive, and lost when given up', () => {
    const transit = createTransit();
    transit.arrived(1);
    transit.arrived(1);
    transit.arrived(5);
    const sent = new Map([
      [1, 5],
      [5, 1],
    ]);
    expect(transit.lost(sent)).toEqual([
      { kind: 'exemplars_lost', opId: 1, count: 3, detail: "in bpftrace's buffer; the totals count them" },
    ]);
  });

  test('are given up once', () => {
    const transit = createTransit();
    expect(told(transit.lost(new Map([[1, 5]])))).toEqual([['exemplars_lost', 1, 5]]);
    expect(transit.lost(new Map([[1, 5]]))).toEqual([]);
    expect(told(transit.lost(new Map([[1, 7]])))).toEqual([['exemplars_lost', 1, 2]]);
  });

  test('that arrive before they are said to have been sent are not missing later', () => {
    const transit = createTransit();
    for (let at = 0; at < 3; at += 1) transit.arrived(1);
    expect([transit.lost(new Map([[1, 2]])), transit.lost(new Map([[1, 3]]))]).toEqual([[], []]);
  });
});

test('what the budget kept out is told by operation', () => {
  const suppressed = new Map([
    [1, 7],
    [5, 2],
  ]);
  expect(suppressedOf({ ...flushOf(0), suppressed })).toEqual([
    { kind: 'exemplars_suppressed', opId: 1, count: 7, detail: null },
    { kind: 'exemplars_suppressed', opId: 5, count: 2, detail: null },
  ]);
});
