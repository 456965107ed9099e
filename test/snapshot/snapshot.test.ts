import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isFailure } from '../../src/failure.ts';
import { diagnose } from '../../src/query/findings/diagnose.ts';
import { top } from '../../src/query/reports/top.ts';
import type { Db } from '../../src/schema/open.ts';
import { openForReading } from '../../src/schema/open.ts';
import { wallUs } from '../../src/schema/units.ts';
import { createAnonymiser } from '../../src/snapshot/anonymise.ts';
import { snapshot } from '../../src/snapshot/snapshot.ts';
import { facts, names, whole } from '../../src/snapshot/tables.ts';
import { createRollup } from '../../src/daemon/store/rollup.ts';
import { temporaryFolder } from '../cli/run.ts';
import { demo } from '../query/demo.ts';
import { NOON_US } from '../query/recording.ts';
import { hour, hourBefore, recordHours } from '../query/report/hour.ts';

const folder = temporaryFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let serial = 0;
function taken(source: Db, fromUs: number, toUs: number, anonymise = false): { db: Db; path: string } {
  const path = join(folder, `${String((serial += 1))}.iotrace`);
  const query = { fromUs: wallUs(fromUs), toUs: wallUs(toUs) };
  const made = snapshot(source, path, { ...query, anonymise: anonymise ? createAnonymiser() : undefined });
  if (isFailure(made)) throw new Error(JSON.stringify(made));
  const db = openForReading(path);
  if (isFailure(db)) throw new Error(JSON.stringify(db));
  return { db, path };
}

const everything = (db: Db) =>
  top(db, {
    by: ['container'],
    sort: 'latency',
    limit: 1000,
    window: { fromUs: wallUs(NOON_US), toUs: wallUs(NOON_US + 60e6) },
    ops: [],
    container: undefined,
  });

test('every table is accounted for', () => {
  const { db } = demo();
  const tables = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all();
  const known = [...facts.map(({ table }) => table), ...names.map(({ table }) => table), ...whole];
  expect(known.toSorted()).toEqual(tables.filter((name) => !name.startsWith('sqlite_')).toSorted());
});

test('answers what the recording answers, in one file', () => {
  const { db } = demo();
  const { db: copy, path } = taken(db, NOON_US, NOON_US + 60e6);
  expect(everything(copy)).toEqual(everything(db));
  // Written as a rollback journal: a WAL database is three files. SQLite's file format, byte 18.
  expect(readFileSync(path)[18]).toBe(1);
});

test('holds the intervals that overlap the window, and no others', () => {
  const { db } = demo();
  const { db: copy } = taken(db, NOON_US + 6e6, NOON_US + 9e6);
  const intervals = copy.prepare<[], number>('SELECT started_us FROM ledger').pluck().all();
  expect(intervals).toEqual([NOON_US + 5e6]);
  const ended = copy.prepare<[], number>('SELECT ended_us FROM slow').pluck().all();
  expect(ended).toEqual([NOON_US + 6.5e6]);
});

test('of hours whose intervals were removed it holds the sums', () => {
  const recording = demo();
  createRollup(recording.db).close(recording.sessionId, NOON_US + 3600e6);
  const before = everything(recording.db).rows.map(({ container, op, op_count }) => [
    container,
    op,
    op_count,
  ]);
  recording.db.exec(
    `DELETE FROM total; DELETE FROM bucket; DELETE FROM interval;
     DELETE FROM rollup WHERE seconds < 3600; DELETE FROM rollup_total WHERE rollup_id NOT IN (SELECT rollup_id FROM rollup)`,
  );
  const { db: copy } = taken(recording.db, NOON_US, NOON_US + 60e6);
  expect(everything(copy).rows.map(({ container, op, op_count }) => [container, op, op_count])).toEqual(
    before,
  );
});

test('a file that is there is not overwritten', () => {
  const { db } = demo();
  const { path } = taken(db, NOON_US, NOON_US + 60e6);
  const query = { fromUs: wallUs(NOON_US), toUs: wallUs(NOON_US + 1), anonymise: undefined };
  expect(snapshot(db, path, query)).toMatchObject({
    failed: true,
    details: { path, seen: 'it is there already' },
  });
});

test('what fails leaves nothing behind', () => {
  const { db } = demo();
  mkdirSync(join(folder, 'taken.part'));
  const query = { fromUs: wallUs(NOON_US), toUs: wallUs(NOON_US + 1), anonymise: undefined };
  expect(() => snapshot(db, join(folder, 'taken'), query)).toThrow();
  rmSync(join(folder, 'taken.part'), { recursive: true });
});

describe('anonymised', () => {
  const source = recordHours(':memory:', 8);
  const { db: copy, path } = taken(source, hourBefore.fromUs, hour.toUs, true);
  const periods = { window: hour, baseline: hourBefore };

  test('no name is left in the file', () => {
    const text = readFileSync(path).toString('latin1');
    for (const name of ['mailer', 'payments', 'journal-7', 'node-a', 'onerror', 'INFO: task']) {
      expect(text).not.toContain(name);
    }
  });

  test('the same is found, of somebody without a name', () => {
    const [found, given] = [
      diagnose(copy, { periods, container: undefined }),
      diagnose(source, { periods, container: undefined }),
    ];
    expect(found.findings.map(({ rule, score }) => [rule, score.toFixed(9)])).toEqual(
      given.findings.map(({ rule, score }) => [rule, score.toFixed(9)]),
    );
    expect(found.victim?.victim.who).toMatch(/^x[0-9a-f]{10}\/x[0-9a-f]{10}\/x[0-9a-f]{10}$/u);
  });

  test('the same name is the same word wherever it is, and in another snapshot another', () => {
    const one = createAnonymiser(Buffer.from('one'));
    const other = createAnonymiser(Buffer.from('other'));
    expect(one('container', 'name', 'api')).toBe(one('process', 'name', 'api'));
    expect(one('file', 'path', '/var/lib/api/x')).toBe(
      `/var/lib/${one('process', 'name', 'api')}/${one('process', 'name', 'x')}`,
    );
    expect(one('container', 'name', 'api')).not.toBe(other('container', 'name', 'api'));
    expect(one('device', 'name', 'nvme0n1')).toBe('nvme0n1');
    expect(one('device', 'name', 'vg-customer')).toMatch(/^x[0-9a-f]{10}$/u);
    expect(one('file', 'path', '(unknown)')).toBe('(unknown)');
  });
});
