import Database from 'better-sqlite3';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { isFailure } from '../../src/failure.ts';
import { openForReading } from '../../src/schema/open.ts';
import { openOlder } from '../../src/schema/open-older.ts';
import { diagnoseWindow, firstFinding, incidents } from '../incidents.ts';

const fixtures = new URL('../fixtures/incidents/', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'iotrace-older-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A recording as an older iotrace left it, in the mode it writes in. */
function older(name: string): string {
  const path = join(folder, `${name}.db`);
  const db = new Database(path);
  db.exec(gunzipSync(readFileSync(join(fixtures, `${name}.sql.gz`))).toString());
  db.pragma('journal_mode = WAL');
  db.close();
  return path;
}

test('a recording of an older version answers, and stays as it is', () => {
  const path = older('fsync-storm');
  const before = readFileSync(path);
  const db = openForReading(path);
  if (isFailure(db)) throw new Error(JSON.stringify(db));
  const incident = incidents.find(({ name }) => name === 'fsync-storm')!;
  const diagnosis = diagnoseWindow(db, join(fixtures, 'fsync-storm.window'));
  expect(firstFinding(diagnosis, incident)).toMatchObject({ rule: 'fsync-storm', who: 'fsync-storm' });
  expect(() => db.exec('DELETE FROM interval')).toThrow('attempt to write a readonly database');
  db.close();
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('one too large for memory is copied to a file that is gone once it is open', () => {
  const recording = new Database(older('control'), { readonly: true });
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  process.env['TMPDIR'] = temporary;
  try {
    const copy = openOlder(recording, recording.name, (db) => db.exec('CREATE TABLE migrated (at)'), 0);
    if (isFailure(copy)) throw new Error(JSON.stringify(copy));
    expect(copy.prepare('SELECT count(*) > 10 AS has FROM sqlite_schema').get()).toEqual({ has: 1 });
    expect(copy.prepare('SELECT count(*) AS count FROM migrated').get()).toEqual({ count: 0 });
    expect(readdirSync(temporary)).toEqual([]);
    copy.close();
  } finally {
    delete process.env['TMPDIR'];
    recording.close();
  }
});
