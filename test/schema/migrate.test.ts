import Database from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRollup } from '../../src/daemon/store/rollup.ts';
import { isFailure } from '../../src/failure.ts';
import { top } from '../../src/query/reports/top.ts';
import { bucketOf } from '../../src/schema/buckets.ts';
import { openForWriting } from '../../src/schema/open.ts';
import { wallUs } from '../../src/schema/units.ts';
import { NOON_US } from '../query/recording.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iotrace-migrate-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const MINUTES = 300;

/** Five hours of a recording as the first format had it: an interval a minute, two operations in each. */
function recordInFirstFormat(path: string): void {
  const db = new Database(path);
  db.exec(readFileSync('src/schema/migrations/0001-record.sql', 'utf8'));
  db.exec(`PRAGMA application_id = ${String(0x69_6f_74_72)}; PRAGMA user_version = 1;
    INSERT INTO run VALUES (1, 'boot', 'host', 1, 0, 0, NULL, NULL, '0', '6.1', '0.17', 2, 5000, 10000000, '[]');
    INSERT INTO cgroup VALUES (1, 1, 77, '/system.slice', NULL);
    INSERT INTO process VALUES (1, 1, 561, 'postgres');
    INSERT INTO device VALUES (1, 8, 0, 'sda');
    INSERT INTO file VALUES (1, 1, 8, 24, 7, NULL, 1, '/data/file', '/data/file', 'known')`);
  const interval = db.prepare('INSERT INTO flush VALUES (?, 1, ?, ?, 2, 2, 2, 0, 0, 0, 0, 0)');
  const total = db.prepare('INSERT INTO total VALUES (?, 1, 1, 1, 1, 1, 2, 0, 0, 3000, 2000, 0)');
  const bucket = db.prepare('INSERT INTO bucket VALUES (?, 1, 1, 1, 1, 79, 2)');
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const { lastInsertRowid } = interval.run(
      null,
      NOON_US + minute * 60_000_000,
      NOON_US + (minute + 1) * 60_000_000,
    );
    total.run(lastInsertRowid);
    bucket.run(lastInsertRowid);
  }
  db.close();
}

test('a recording in the first format answers the same at once, and once its periods are made up for', () => {
  const path = join(folder, 'old.db');
  recordInFirstFormat(path);
  const db = openForWriting(path);
  if (isFailure(db)) throw new Error(db.code);
  const answer = ([fromMinute, toMinute]: readonly [number, number]) =>
    top(db, {
      by: ['file'],
      window: {
        fromUs: wallUs(NOON_US + fromMinute * 60_000_000),
        toUs: wallUs(NOON_US + toMinute * 60_000_000),
      },
      ops: [],
      container: undefined,
      sort: 'latency',
      limit: 10,
    }).rows.map(({ file, op_count, latency_ns_sum }) => [file, op_count, latency_ns_sum]);
  const windows = [
    [0, MINUTES],
    [7, 231],
    [59, 61],
  ] as const;
  const before = windows.map((window) => answer(window));
  expect(before).toEqual([
    [['/data/file', 600, 900_000]],
    [['/data/file', 448, 672_000]],
    [['/data/file', 4, 6000]],
  ]);
  const rollup = createRollup(db);
  for (let interval = 0; interval < 100; interval += 1) rollup.close(2, NOON_US + 1e12);
  expect(db.prepare('SELECT count(*) FROM interval WHERE rollup_id IS NULL').pluck().get()).toBe(0);
  expect(windows.map((window) => answer(window))).toEqual(before);
  db.close();
});

test('latencies recorded in buckets of an eighth are in those of their length now', () => {
  const path = join(folder, 'eighths.db');
  recordInFirstFormat(path);
  const old = new Database(path);
  const lowerOf = (bucket: number): number => ((8 + (bucket % 8)) * 2 ** Math.floor(bucket / 8)) / 8;
  // 768, 832 and 896 ns, 5.1 µs, 73.7 µs, 10.5 ms.
  const eighths = [76, 77, 78, 98, 129, 186];
  const insert = old.prepare('INSERT INTO bucket VALUES (1, 2, 1, 1, 1, ?, 7)');
  for (const bucket of eighths) insert.run(bucket);
  old.close();
  const db = openForWriting(path);
  if (isFailure(db)) throw new Error(db.code);
  expect(
    db.prepare('SELECT bucket, op_count FROM bucket WHERE interval_id = 1 AND op_id = 2').raw().all(),
  ).toEqual([
    [bucketOf(lowerOf(76)), 14],
    [bucketOf(lowerOf(78)), 7],
    [bucketOf(lowerOf(98)), 7],
    [bucketOf(lowerOf(129)), 7],
    [bucketOf(lowerOf(186)), 7],
  ]);
  db.close();
});
