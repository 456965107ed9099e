import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Failure } from '../failure.ts';
import { failure, isFailure } from '../failure.ts';
import type { Db } from '../schema/open.ts';
import { openForWriting } from '../schema/open.ts';
import type { WallUs } from '../schema/units.ts';
import type { Anonymise } from './anonymise.ts';
import { facts, names, whole } from './tables.ts';

export type SnapshotQuery = {
  readonly fromUs: WallUs;
  readonly toUs: WallUs;
  /** `undefined`: names stay. */
  readonly anonymise: Anonymise | undefined;
};

export type Snapshot = { readonly bytes: number; readonly interval_count: number };

/** Copies a window of a recording into a database of its own, as small as it gets; the file must not be there yet. */
export function snapshot(source: Db, path: string, query: SnapshotQuery): Snapshot | Failure {
  const unfinished = `${path}.part`;
  if (existsSync(path)) return failure('database-unusable', { path, seen: 'it is there already' });
  rmSync(unfinished, { force: true });
  const target = openForWriting(unfinished);
  if (isFailure(target)) return target;
  try {
    const refused = differentVersion(source, target, path);
    if (refused) return refused;
    const interval_count = source.transaction(() => copyAll(source, target, query))();
    target.pragma('journal_mode = DELETE');
    target.exec('VACUUM');
    target.close();
    renameSync(unfinished, path);
    return { bytes: statSync(path).size, interval_count };
  } finally {
    target.close();
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(unfinished + suffix, { force: true });
  }
}

/** A recording is brought to this version when the daemon opens it. */
function differentVersion(source: Db, target: Db, path: string): Failure | undefined {
  const [from, to] = [source, target].map((db) => String(db.pragma('user_version', { simple: true })));
  if (from === to) return undefined;
  const seen = `the recording has format ${from ?? ''}, this iotrace writes ${to ?? ''}`;
  return failure('database-of-another-version', { path, seen });
}

function copyAll(source: Db, target: Db, query: SnapshotQuery): number {
  target.pragma('foreign_keys = OFF');
  return target.transaction(() => {
    for (const table of whole) copy(source, target, { table, where: 'TRUE' }, query);
    for (const rows of facts) copy(source, target, rows, query);
    for (const { table, key } of names) copyNames(source, target, table, key, query);
    // The rollups of what was copied stay behind.
    target.exec('UPDATE interval SET rollup_id = NULL; UPDATE rollup SET parent_id = NULL');
    return target.prepare<[], number>('SELECT count(*) FROM interval').pluck().get() ?? 0;
  })();
}

type Value = bigint | number | string | null | Uint8Array;
type Rows = { readonly table: string; readonly where: string };

function copy(
  source: Db,
  target: Db,
  { table, where }: Rows,
  { fromUs, toUs, anonymise }: SnapshotQuery,
): void {
  const columns = columnsOf(source, table);
  const insert = insertInto(target, table, columns);
  const bounds = { from_us: fromUs, to_us: toUs };
  // Inodes and hashes may be larger than a double holds exactly.
  const statement = source.prepare<object, Value[]>(
    `SELECT ${columns.join(', ')} FROM ${table} WHERE ${where}`,
  );
  for (const row of statement
    .safeIntegers()
    .raw()
    .iterate(where.includes(':') ? bounds : {})) {
    insert(rename(row, table, columns, anonymise));
  }
}

/** The rows of these names that something in the copy refers to. */
function copyNames(source: Db, target: Db, table: string, key: string, { anonymise }: SnapshotQuery): void {
  const users = tablesWith(target, key).filter((each) => each !== table);
  const used = users.map((each) => `SELECT ${key} FROM ${each}`).join(' UNION ');
  const keys = target.prepare<[], number>(used).pluck().all();
  const columns = columnsOf(source, table);
  const insert = insertInto(target, table, columns);
  const find = source
    .prepare<[number], Value[]>(`SELECT ${columns.join(', ')} FROM ${table} WHERE ${key} = ?`)
    .safeIntegers()
    .raw();
  for (const each of keys) {
    const row = find.get(each);
    if (row) insert(rename(row, table, columns, anonymise));
  }
}

const tablesWith = (db: Db, column: string): string[] =>
  db
    .prepare<[string], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND EXISTS (
         SELECT 1 FROM pragma_table_info(sqlite_schema.name) AS info WHERE info.name = ?)`,
    )
    .pluck()
    .all(column);

const columnsOf = (db: Db, table: string): string[] =>
  db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);

function insertInto(db: Db, table: string, columns: readonly string[]): (row: readonly Value[]) => void {
  const marks = columns.map(() => '?').join(', ');
  const statement = db.prepare<Value[]>(
    `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${marks})`,
  );
  return (row) => {
    statement.run(...row);
  };
}

const rename = (
  row: readonly Value[],
  table: string,
  columns: readonly string[],
  anonymise: Anonymise | undefined,
): readonly Value[] =>
  anonymise === undefined
    ? row
    : row.map((value, index) =>
        typeof value === 'string' ? anonymise(table, columns[index] ?? '', value) : value,
      );
