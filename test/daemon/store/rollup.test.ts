import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRollup, PERIODS_S } from '../../../src/daemon/store/rollup.ts';
import { cover } from '../../../src/query/cover.ts';
import type { Dimension } from '../../../src/query/reports/top.ts';
import { dimensions, top } from '../../../src/query/reports/top.ts';
import { timeline, timelineMetrics } from '../../../src/query/reports/timeline.ts';
import type { Db } from '../../../src/schema/open.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { NOON_US, Recording } from '../../query/recording.ts';

const SECOND_US = 1_000_000;

/** One interval of the daemon: how long after the last it starts (negative: the clock was set back), and how long it is. */
type IntervalRecord = { readonly gapS: number; readonly lengthS: number; readonly isNewRun: boolean };

const interval = fc.record({
  gapS: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: -4000, max: 30_000 })),
  lengthS: fc.oneof(
    { weight: 4, arbitrary: fc.constant(5) },
    fc.integer({ min: 1, max: 90 }),
    fc.integer({ min: 300, max: 4000 }),
  ),
  isNewRun: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
});

/** A recording of these intervals, rolled up while it is written unless `isOld`. */
function record(
  intervals: readonly IntervalRecord[],
  isOld = false,
): { recording: Recording; windowsUs: number[] } {
  const recording = new Recording();
  const rollup = createRollup(recording.db);
  let sessionId = recording.sessionId;
  let second = 0;
  const windowsUs: number[] = [];
  intervals.forEach(({ gapS, lengthS, isNewRun }, index) => {
    if (isNewRun) sessionId = recording.session();
    second += gapS;
    const started_us = NOON_US + second * SECOND_US;
    const ended_us = started_us + lengthS * SECOND_US;
    const interval = recording.interval(second, { session_id: sessionId, ended_us });
    for (const container of ['a', 'b'].slice(0, 1 + (index % 2))) {
      const file = `/f${String(index % 3)}`;
      const who = { container, pid: index % 4 };
      recording.operations(interval, who, { op: 'fsync', variant: 1, file, latencies: [1000 + index, 2000] });
      recording.operations(interval, who, {
        op: 'block_write',
        file,
        size_bytes: 7,
        latencies: [500 * index],
      });
    }
    if (!isOld) rollup.close(sessionId, started_us);
    windowsUs.push(started_us, ended_us);
    second += lengthS;
  });
  return { recording, windowsUs };
}

/** Dimensions that do not tell containers apart. */
const ALONE: readonly Dimension[] = ['class', 'place', 'device', 'sync_kind'];

/** What `top` says, and what the intervals say themselves. */
function answers(db: Db, by: Dimension, fromUs: number, toUs: number) {
  const window = { fromUs: wallUs(fromUs), toUs: wallUs(toUs) };
  const query = { by: [by], window, ops: [], container: undefined, sort: 'latency', limit: 1000 } as const;
  const sums = ['op_count', 'error_count', 'size_bytes_sum', 'latency_ns_sum', 'latency_ns_max'] as const;
  const column = by === 'cgroup' ? 'cgroup_path' : by;
  const raw = db
    .prepare<[number, number], unknown[]>(
      `SELECT op, container, ${by === 'sync_kind' ? "CASE WHEN op = 'fsync' THEN variant END" : column},
         sum(op_count), sum(error_count), sum(size_bytes_sum), sum(latency_ns_sum), max(latency_ns_max)
       FROM operations WHERE ended_us > ? AND started_us < ?
       GROUP BY op, ${ALONE.includes(by) ? '3' : '2, 3'}`,
    )
    .raw()
    .all(fromUs, toUs);
  const told = top(db, query).rows.map((row) => [
    row.op,
    row.container,
    row[column],
    ...sums.map((name) => row[name]),
  ]);
  const isWhole = by === 'pod' || ALONE.includes(by);
  const comparable = (rows: readonly unknown[][]): string[] =>
    rows.map((row) => JSON.stringify(isWhole ? row.toSpliced(1, 1) : row)).toSorted();
  return { told: comparable(told), raw: comparable(raw) };
}

/** Operations below each bucket, from rollups and from intervals. */
function latencies(db: Db, fromUs: number, toUs: number) {
  const spans = JSON.stringify(
    cover(db, { fromUs: wallUs(fromUs), toUs: wallUs(toUs) }).map(({ span_id }) => span_id),
  );
  const rolled = db
    .prepare(
      'SELECT bucket, sum(op_count) AS n FROM span_latency WHERE span_id IN (SELECT value FROM json_each(?)) GROUP BY bucket',
    )
    .all(spans);
  const raw = db
    .prepare(
      'SELECT bucket, sum(op_count) AS n FROM latency WHERE ended_us > ? AND started_us < ? GROUP BY bucket',
    )
    .all(fromUs, toUs);
  return { rolled, raw };
}

const anyWindow = fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: -1, max: 1 }));

test('whatever the intervals and the window, each operation is counted once, as in the intervals themselves', () => {
  fc.assert(
    fc.property(
      fc.array(interval, { minLength: 1, maxLength: 60 }),
      fc.array(anyWindow, { minLength: 3, maxLength: 6 }),
      fc.boolean(),
      (intervals, windows, isOld) => {
        const { recording, windowsUs } = record(intervals, isOld);
        for (const [one, other, byUs] of windows) {
          const ends = [windowsUs[one % windowsUs.length]!, windowsUs[other % windowsUs.length]!];
          const [fromUs, toUs] = [Math.min(...ends) + byUs, Math.max(...ends) + 1];
          for (const by of dimensions) {
            const { told, raw } = answers(recording.db, by, fromUs, toUs);
            expect(told).toEqual(raw);
          }
          const { rolled, raw } = latencies(recording.db, fromUs, toUs);
          expect(rolled).toEqual(raw);
        }
        recording.db.close();
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

test('a timeline from periods is the same as from the intervals', () => {
  fc.assert(
    fc.property(
      fc.array(interval, { minLength: 1, maxLength: 60 }),
      anyWindow,
      fc.integer({ min: 1, max: 12 }),
      (intervals, [one, other, byUs], slotCount) => {
        const [rolled, old] = [record(intervals), record(intervals, true)];
        const ends = [one, other].map((each) => rolled.windowsUs[each % rolled.windowsUs.length]!);
        const window = {
          fromUs: wallUs(Math.min(...ends) + byUs),
          toUs: wallUs(Math.max(...ends) + 2),
        };
        for (const metric of timelineMetrics) {
          const query = { by: 'container', metric, slotCount, window, limit: 100 } as const;
          const answers = [rolled, old].map(({ recording }) =>
            timeline(recording.db, { ...query, ops: [], container: undefined }),
          );
          expect(answers[0]).toEqual(answers[1]);
        }
        rolled.recording.db.close();
        old.recording.db.close();
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

const steady = (count: number, lengthS: number): IntervalRecord[] =>
  Array.from({ length: count }, () => ({ gapS: 0, lengthS, isNewRun: false }));
const spansOf = (db: Db, fromS: number, toS: number): Record<number, number> => {
  const window = { fromUs: wallUs(NOON_US + fromS * SECOND_US), toUs: wallUs(NOON_US + toS * SECOND_US) };
  const seconds = db.prepare<[number], number>('SELECT seconds FROM spans WHERE span_id = ?').pluck();
  const counts: Record<number, number> = {};
  for (const { span_id } of cover(db, window)) {
    const length = seconds.get(span_id)!;
    counts[length] = (counts[length] ?? 0) + 1;
  }
  return counts;
};

test('a long window is answered from the longest periods, with minutes and intervals at its edges', () => {
  // 12:00 to 12:00 two days later, in intervals of half a minute.
  const { recording } = record(steady(2 * 2880, 30));
  const hours = (count: number): number => count * 3600;
  expect(spansOf(recording.db, 0, hours(48))).toEqual({ 0: 2, 60: 9, 600: 5, 3600: 5, 21_600: 1, 86_400: 2 });
  expect(spansOf(recording.db, hours(1) + 45, hours(3) + 665)).toEqual({ 0: 2, 60: 10, 600: 6, 3600: 1 });
  expect(spansOf(recording.db, hours(1), hours(2))).toEqual({ 3600: 1 });
  recording.db.close();
});

test('a daemon that starts makes up for what was left open, a few periods with each interval', () => {
  const { recording } = record(steady(600, 30), true);
  const { db } = recording;
  const sessionId = recording.session();
  const closed = (): number => Number(db.prepare('SELECT count(*) FROM rollup').pluck().get());
  const rollup = createRollup(db);
  const startedUs = NOON_US + 100 * 3600 * SECOND_US;
  const counts = Array.from({ length: 100 }, () => {
    rollup.close(sessionId, startedUs);
    return closed();
  });
  expect(counts.slice(0, 3)).toEqual([6, 12, 18]);
  // Five hours: 300 minutes, 30 times ten of them, 5 hours, the six and the day they are part of.
  expect(counts.at(-1)).toBe(300 + 30 + 5 + 1 + 1);
  expect(spansOf(db, 0, 5 * 3600)).toEqual({ 86_400: 1 });
  db.close();
});

test('each period is as long as a whole number of the one before', () => {
  PERIODS_S.slice(1).forEach((seconds, index) => {
    expect(seconds % PERIODS_S[index]!).toBe(0);
  });
});
