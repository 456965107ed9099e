import Database from 'better-sqlite3';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Failure } from '../../src/failure.ts';
import { explain, isFailure } from '../../src/failure.ts';
import type { Db } from '../../src/schema/open.ts';
import { databasePath, openForReading, openForWriting } from '../../src/schema/open.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iotrace-open-'));
  path = join(folder, 'a.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const said = (result: Db | Failure): string =>
  isFailure(result)
    ? explain(result)
        .replaceAll(folder, 'FOLDER')
        .replace(/up to \d+/u, 'up to N')
    : 'opened';

function recording(): Db {
  const db = openForWriting(path);
  if (isFailure(db)) throw new Error(explain(db));
  return db;
}

test('a recording opens again, for writing and for reading', () => {
  recording().close();
  recording().close();
  expect(said(openForReading(path))).toBe('opened');
});

test('what is read is never written', () => {
  recording().close();
  const db = openForReading(path);
  if (isFailure(db)) throw new Error(explain(db));
  expect(() => db.exec('DELETE FROM session_record')).toThrow('readonly database');
  db.close();
});

test('a missing file is named, with what to type', () => {
  expect(said(openForReading(path))).toMatchInlineSnapshot(
    `"There is no recording at FOLDER/a.db. Start one with: sudo iotrace record --for 30s (or name another with --db PATH)."`,
  );
  expect(said(openForReading(join(path, 'b.db')))).toMatchInlineSnapshot(
    `"There is no recording at FOLDER/a.db/b.db. Start one with: sudo iotrace record --for 30s (or name another with --db PATH)."`,
  );
});

test('a text file is no recording', () => {
  writeFileSync(
    path,
    'hello, this is no database, although it is longer than a header of SQLite: 100 bytes and more.',
  );
  expect(said(openForReading(path))).toMatchInlineSnapshot(
    `"FOLDER/a.db is not an iotrace recording. Name the right file with --db PATH or IOTRACE_DB."`,
  );
  expect(said(openForWriting(path))).toBe(said(openForReading(path)));
});

test("somebody else's database is neither read nor written", () => {
  const theirs = new Database(path);
  theirs.exec('CREATE TABLE customer (name TEXT); PRAGMA user_version = 1;');
  theirs.close();
  expect(said(openForReading(path))).toBe(
    'FOLDER/a.db is not an iotrace recording. Name the right file with --db PATH or IOTRACE_DB.',
  );
  expect(said(openForWriting(path))).toBe(said(openForReading(path)));
  const again = new Database(path);
  expect(again.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['customer']);
  again.close();
});

test('a recording of a newer iotrace is refused, both ways', () => {
  const db = recording();
  db.pragma('user_version = 999');
  db.close();
  expect(said(openForReading(path)).replace(/up to \d+/u, 'up to N')).toMatchInlineSnapshot(
    `"FOLDER/a.db has format 999, this iotrace knows up to N. Use the newer iotrace that wrote it."`,
  );
  expect(said(openForWriting(path))).toBe(said(openForReading(path)));
});

test('a folder in place of the file is told', () => {
  expect(said(openForReading(folder))).toMatchInlineSnapshot(
    `"FOLDER can't be opened: it is no regular file. Check its permissions and the free space (df -h), or name another with --db PATH."`,
  );
});

test('--db comes before IOTRACE_DB, which comes before the default', () => {
  vi.stubEnv('IOTRACE_DB', '/env.db');
  expect(databasePath('/option.db')).toBe('/option.db');
  expect(databasePath(undefined)).toBe('/env.db');
  vi.stubEnv('IOTRACE_DB', '');
  vi.spyOn(process, 'getuid').mockReturnValue(0);
  expect(databasePath(undefined)).toBe('/var/lib/iotrace/iotrace.db');
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  vi.stubEnv('XDG_STATE_HOME', '/state');
  expect(databasePath(undefined)).toBe('/state/iotrace/iotrace.db');
  vi.restoreAllMocks();
});
