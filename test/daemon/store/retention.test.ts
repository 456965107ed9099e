import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createClockChanges } from '../../../src/daemon/store/clock-changes.ts';
import { createRetention } from '../../../src/daemon/store/retention.ts';
import { createRollup } from '../../../src/daemon/store/rollup.ts';
import { coverage } from '../../../src/query/reports/coverage.ts';
import { top } from '../../../src/query/reports/top.ts';
import type { Db } from '../../../src/schema/open.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { NOON_US, Recording } from '../../query/recording.ts';

const SECOND_US = 1_000_000;
const HOUR_S = 3600;
const HOUR_MS = 3_600_000;
const GIB = 2 ** 30;

let recording: Recording;
afterEach(() => {
  recording.db.close();
});

const at = (second: number) => wallUs(NOON_US + second * SECOND_US);

/** Intervals of a minute, each with one operation of the hour's own file, and of `others` files without a name. */
function record(hours: number, others = 0): Db {
  recording = new Recording();
  const { db } = recording;
  const rollup = createRollup(db);
  const addOthers = db.prepare(
    `WITH RECURSIVE other (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM other WHERE n < ?)
     INSERT INTO total SELECT interval_id, op_id, variant, cgroup_key, process_key, 1000000 + n, op_count,
       error_count, size_bytes_sum, latency_ns_sum, latency_ns_max, inner_latency_ns_sum
     FROM total, other WHERE interval_id = ?`,
  );
  db.transaction(() => {
    for (let minute = 0; minute < hours * 60; minute += 1) {
      const interval = recording.interval(minute * 60, { ended_us: at(minute * 60 + 60), row_count: 2 });
      const file = `/hour-${String(Math.floor(minute / 60))}`;
      recording.operations(
        interval,
        { container: 'app' },
        { op: 'fsync', variant: 1, file, latencies: [1000] },
      );
      if (others > 0) addOthers.run(others, interval);
      rollup.close(recording.sessionId, at(minute * 60));
    }
  })();
  // The hour's file is looked up when its hour begins.
  const use = db.prepare('UPDATE file SET used_us = ? WHERE path = ?');
  for (let hour = 0; hour < hours; hour += 1) use.run(at(hour * HOUR_S), `/hour-${String(hour)}`);
  db.prepare('UPDATE process SET used_us = ?').run(at((hours - 1) * HOUR_S));
  return db;
}

/** The clocks of a host that was booted at noon, so many hours later, and set forward. */
const reading = (hoursRun: number, hoursOff: number) => ({
  wallUs: at((hoursRun + hoursOff) * HOUR_S),
  bootUs: hoursRun * HOUR_S * SECOND_US,
  monotonicUs: hoursRun * HOUR_S * SECOND_US,
});

const count = (db: Db, sql: string): number =>
  Number(db.prepare(`SELECT count(*) FROM ${sql}`).pluck().get());
const operations = (db: Db, fromS: number, toS: number): number =>
  top(db, {
    by: ['container'],
    window: { fromUs: at(fromS), toUs: at(toS) },
    ops: [],
    container: undefined,
    sort: 'ops',
    limit: 10,
  }).rows.reduce((sum, { op_count }) => sum + op_count, 0);
const removals = (db: Db): unknown[] =>
  db
    .prepare('SELECT subject, reason, (started_us - ?) / 3600000000 AS hour FROM removals ORDER BY hour')
    .all(NOON_US);

describe('an hour older than is to be kept', () => {
  test('loses its intervals, keeps its sums, and that is told', () => {
    const db = record(6);
    const before = operations(db, 0, 6 * HOUR_S);
    const retention = createRetention(db, { keepMs: 3 * HOUR_MS, maxDatabaseBytes: GIB });
    retention.step(at(6 * HOUR_S));
    expect(operations(db, 0, 6 * HOUR_S)).toBe(before);
    expect(count(db, 'interval')).toBe(4 * 60);
    expect(count(db, 'total')).toBe(4 * 60);
    expect(count(db, 'bucket')).toBe(4 * 60);
    expect(removals(db)).toEqual([
      { subject: 'intervals', reason: 'keep', hour: 0 },
      { subject: 'intervals', reason: 'keep', hour: 1 },
    ]);
  });

  test('counts whole in a window that overlaps it, and the answer says so', () => {
    const db = record(6);
    expect(operations(db, 600, HOUR_S + 600)).toBe(60);
    createRetention(db, { keepMs: 3 * HOUR_MS, maxDatabaseBytes: GIB }).step(at(6 * HOUR_S));
    expect(operations(db, 600, HOUR_S + 600)).toBe(120);
    expect(operations(db, 600, 700)).toBe(60);
    expect(operations(db, HOUR_S + 600, 2 * HOUR_S + 600)).toBe(70);
    const told = (fromS: number, toS: number) =>
      coverage(db, { fromUs: at(fromS), toUs: at(toS) }).hours_only_until_us;
    expect(told(600, 5 * HOUR_S)).toBe(at(2 * HOUR_S));
    expect(told(2 * HOUR_S, 5 * HOUR_S)).toBeNull();
  });

  test('loses what was sampled and logged in it; losses stay as long as the hour, without their interval', () => {
    const db = record(6);
    const minutes = [0, 90, 200];
    for (const minute of minutes) {
      const us = at(minute * 60);
      db.exec(`INSERT INTO tick VALUES (NULL, 1, ${String(us)}, ${String(us)});
        INSERT INTO host_sample (tick_id) SELECT max(tick_id) FROM tick;
        INSERT INTO cost_sample VALUES (NULL, 1, ${String(us)}, ${String(us)}, 1, 1, 1);
        INSERT INTO program SELECT max(sample_id), 'fsync', 1, 1, 1, 0 FROM cost_sample;
        INSERT INTO loss_record (session_id, started_us, ended_us, kind, lost_count, interval_id)
          SELECT 1, started_us, ended_us, 'gap', 1, interval_id FROM interval WHERE started_us = ${String(us)}`);
    }
    createRetention(db, { keepMs: 3 * HOUR_MS, maxDatabaseBytes: GIB }).step(at(6 * HOUR_S));
    const left = [
      'tick',
      'host_sample',
      'cost_sample',
      'program',
      'loss_record',
      'loss_record WHERE interval_id IS NOT NULL',
    ];
    expect(left.map((table) => [table, count(db, table)])).toEqual([
      ['tick', 1],
      ['host_sample', 1],
      ['cost_sample', 1],
      ['program', 1],
      ['loss_record', 3],
      ['loss_record WHERE interval_id IS NOT NULL', 1],
    ]);
  });

  test('loses its exemplars too', () => {
    const db = record(6);
    for (const second of [10, HOUR_S, 2 * HOUR_S + 70]) {
      recording.exemplar(second, { container: 'app' }, { op: 'fsync', latencies: [1e9] });
    }
    createRetention(db, { keepMs: 3 * HOUR_MS, maxDatabaseBytes: GIB }).step(at(6 * HOUR_S));
    expect(count(db, 'exemplar')).toBe(1);
  });
});

test('what is removed at once is bounded, and the sums stay right meanwhile', () => {
  const db = record(30, 79);
  const before = operations(db, 0, 30 * HOUR_S);
  const retention = createRetention(db, { keepMs: 2 * HOUR_MS, maxDatabaseBytes: GIB });
  const rows = (): number => count(db, 'total') + count(db, 'bucket') + count(db, 'interval');
  const left = [rows()];
  for (let step = 0; step < 10; step += 1) {
    retention.step(at(30 * HOUR_S));
    expect(operations(db, 0, 30 * HOUR_S)).toBe(before);
    left.push(rows());
  }
  expect(left[0]! - left[1]!).toBeGreaterThan(10_000);
  expect(left[0]! - left[1]!).toBeLessThan(25_000);
  expect(count(db, 'interval')).toBe(3 * 60);
  // A second step finds nothing to do.
  const written = db.prepare('SELECT total_changes()').pluck().get();
  retention.step(at(30 * HOUR_S));
  expect(db.prepare('SELECT total_changes()').pluck().get()).toBe(written);
});

test('days older than three months go, with the names only they referred to', () => {
  const db = record(40);
  expect(count(db, 'file')).toBe(40);
  const retention = createRetention(db, { keepMs: 2 * HOUR_MS, maxDatabaseBytes: GIB });
  const later = 91 * 24 * HOUR_S;
  for (let step = 0; step < 4; step += 1) retention.step(at(later));
  // The first day is from noon to midnight; the second is not over.
  expect(removals(db)).toContainEqual({ subject: 'spans', reason: 'keep', hour: 0 });
  expect(operations(db, 0, 12 * HOUR_S)).toBe(0);
  expect(operations(db, 12 * HOUR_S, 40 * HOUR_S)).toBe(28 * 60);
  // Names are looked up every hour: those of the last two hours of the day might be in use still.
  expect(count(db, 'file')).toBe(40 - 10);
  expect(count(db, 'process')).toBe(1);
});

test('a database near its bound loses its oldest intervals first, then its oldest days', () => {
  const db = record(60, 49);
  const bytes = (): number => {
    const read = (name: string): number => Number(db.pragma(name, { simple: true }));
    return (read('page_count') - read('freelist_count')) * read('page_size');
  };
  const before = bytes();
  const pages = Number(db.pragma('page_count', { simple: true }));
  const total = operations(db, 0, 60 * HOUR_S);
  const bound = (share: number) => ({ keepMs: 1e9 * HOUR_MS, maxDatabaseBytes: before * share });
  const half = createRetention(db, bound(0.9));
  for (let step = 0; step < 40; step += 1) half.step(at(60 * HOUR_S));
  expect(bytes()).toBeLessThan(before * 0.9);
  expect(operations(db, 0, 60 * HOUR_S)).toBe(total);
  expect(removals(db).every((row) => JSON.stringify(row).includes('max-database'))).toBe(true);
  expect(removals(db)[0]).toEqual({ subject: 'intervals', reason: 'max-database', hour: 0 });
  const little = createRetention(db, bound(0.06));
  for (let step = 0; step < 80; step += 1) little.step(at(60 * HOUR_S));
  expect(bytes()).toBeLessThan(before * 0.2);
  // The file itself has become smaller, too.
  expect(Number(db.pragma('page_count', { simple: true }))).toBeLessThan(pages / 2);
  expect(operations(db, 0, 60 * HOUR_S)).toBeLessThan(total);
  expect(operations(db, 59 * HOUR_S, 60 * HOUR_S)).toBe(50 * 60);
});

test('a name that a row still refers to is kept, whatever it says of its last use', () => {
  const db = record(6);
  db.exec(`UPDATE process SET used_us = 0; UPDATE file SET used_us = 0;
    CREATE TABLE reference (file_key INTEGER NOT NULL REFERENCES file) STRICT;
    INSERT INTO reference SELECT max(file_key) FROM file`);
  createRetention(db, { keepMs: 3 * HOUR_MS, maxDatabaseBytes: GIB }).step(at(6 * HOUR_S));
  expect([count(db, 'file'), count(db, 'process')]).toEqual([1, 0]);
});

test('what was sampled and kept before the first interval ended stays', () => {
  const db = record(1);
  const keep = db.prepare(
    `INSERT INTO exemplar (session_id, ended_us, op_id, variant, cgroup_key, process_key, tid, thread, file_key, size_bytes, latency_ns, inner_latency_ns, error)
     SELECT ?, ?, 1, 1, cgroup_key, 1, 1, '', 1, 0, 1, 0, 0 FROM cgroup LIMIT 1`,
  );
  for (const second of [-60, 30]) keep.run(recording.sessionId, at(second));
  createRetention(db, { keepMs: 3 * HOUR_MS, maxDatabaseBytes: GIB }).step(at(HOUR_S));
  expect(count(db, 'exemplar')).toBe(2);
});

test('a step of the clock removes nothing, until as much time has passed as is kept', () => {
  const db = record(6);
  const bootId = String(db.prepare('SELECT boot_id FROM session').pluck().get());
  const clock = createClockChanges(db, recording.sessionId, bootId, reading(5, 0));
  clock.look(reading(6, 2400));
  let hoursRun = 6;
  const retention = createRetention(db, { keepMs: 3 * HOUR_MS, maxDatabaseBytes: GIB }, (_, ageUs) =>
    clock.agedNow(reading(hoursRun, 2400), ageUs),
  );
  retention.step(at(2406 * HOUR_S));
  // The three hours that are old by the host's own time.
  expect(removals(db)).toEqual([0, 1].map((hour) => ({ subject: 'intervals', reason: 'keep', hour })));
  hoursRun = 9;
  retention.step(at(2409 * HOUR_S));
  expect(removals(db)).toHaveLength(5);
});

test('every table that grows with time is one that retention knows', () => {
  const { db } = (recording = new Recording());
  const knows = ['retention.ts', 'retention-by-time.ts']
    .map((name) => readFileSync(join('src/daemon/store', name), 'utf8'))
    .join('\n');
  const tables = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all();
  const unknown = tables.filter((table) => !new RegExp(`'${table}'`, 'u').test(knows));
  // A row for each thing there is or was, not for each moment.
  expect(unknown.toSorted()).toEqual([
    'cgroup',
    'clock_reading',
    'container',
    'coverage_record',
    'device',
    'device_disk',
    'device_state',
    'governor_step',
    'limit_state',
    'mount_state',
    'operation',
    'removal',
    'sampler_problem',
    'session_record',
    'variant',
  ]);
});
