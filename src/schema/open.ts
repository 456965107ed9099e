import Database from 'better-sqlite3';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '../failure.ts';
import { errorCode, failure } from '../failure.ts';
import { packageFile } from '../package-file.ts';
import { openOlder } from './open-older.ts';
import { makePrivateFile, makePrivateFolder } from './private-file.ts';
import { operations } from './probes/index.ts';

export type Db = Database.Database;

const folder = packageFile('src/schema');
const migrations = readMigrations();
const SYSTEM_PATH = '/var/lib/iotrace/iotrace.db';

/** A write-ahead log that grew while somebody read for long is cut down to this. */
const LOG_BYTES_MAX = 64 * 2 ** 20;

/** Marks the file as ours: `iotr` in PRAGMA application_id. */
const APPLICATION_ID = 0x69_6f_74_72;

/** The public views in an order in which each comes after those it reads. */
export const VIEWS = [
  'operations',
  'fsync',
  'copy_up',
  'block',
  'file_io',
  'open',
  'file_use',
  'journal',
  'throttle',
  'latency',
  'slow',
  'sync_stages',
  'inflight',
  'block_errors',
  'device_disks',
  'containers',
  'session',
  'clock_changes',
  'coverage',
  'loss',
  'ledger',
  'cost_samples',
  'governor',
  'removals',
  'spans',
  'span_operations',
  'span_files',
  'span_latency',
  'ops',
  'variants',
  'cgroups',
  'processes',
  'files',
  'devices',
  'device_numbers',
  'device_samples',
  'host_samples',
  'container_samples',
  'container_device_samples',
  'process_samples',
  'filesystems',
  'upperdirs',
  'mounts',
  'device_settings',
  'container_limits',
  'kernel_log',
  'runtime_log',
  'deleted',
  'sampler_coverage',
  'sampler_costs',
] as const;

/** Where the database is: `--db`, else `IOTRACE_DB`, else the system's or the user's own place. */
export function databasePath(option: string | undefined): string {
  const fromEnvironment = process.env['IOTRACE_DB'];
  if (option) return option;
  if (fromEnvironment) return fromEnvironment;
  if (process.getuid?.() === 0) return SYSTEM_PATH;
  const state = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local/state');
  return join(state, 'iotrace/iotrace.db');
}

/**
 * Which database to ask: as `databasePath`, but a user without a recording of their own asks the
 * system's, where `sudo iotrace record` puts it.
 */
export function databasePathToRead(option: string | undefined): string {
  const path = databasePath(option);
  const isChosen = Boolean(option) || Boolean(process.env['IOTRACE_DB']);
  return isChosen || existsSync(path) || !existsSync(SYSTEM_PATH) ? path : SYSTEM_PATH;
}

/** Opens for recording: creates the file and its folder, migrates, renews the views. */
export function openForWriting(path: string): Db | Failure {
  try {
    if (path !== ':memory:') {
      makePrivateFolder(path);
      makePrivateFile(path);
    }
    const db = new Database(path);
    if (isForeign(db)) {
      db.close();
      return failure('not-a-recording', { path });
    }
    // Of a new file only; 3 % on inserts (docs/decisions/0006-rollups.md) for a file that can shrink again.
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    db.pragma(`journal_size_limit = ${String(LOG_BYTES_MAX)}`);
    db.pragma('synchronous = NORMAL');
    const newer = migrate(db);
    if (newer) {
      db.close();
      return failure('database-from-the-future', { path, ...newer });
    }
    return db;
  } catch (error) {
    return openFailure(path, error);
  }
}

/** Opens a file of which only the lock matters, and takes it. Throws SqliteError; SQLITE_BUSY: somebody has it. */
export function openLock(path: string): Db {
  makePrivateFolder(path);
  makePrivateFile(path);
  const db = new Database(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens for asking: never writes, works while the daemon does. */
export function openForReading(path: string): Db | Failure {
  try {
    if (!statSync(path).isFile())
      return failure('database-unusable', { path, seen: 'it is no regular file' });
    const db = openUnwritten(path);
    const version = db.pragma('user_version', { simple: true }) as number;
    if (version === 0 || isForeign(db)) {
      db.close();
      return failure('not-a-recording', { path });
    }
    if (version > migrations.length) {
      db.close();
      return failure('database-from-the-future', { path, version, known: migrations.length });
    }
    if (version < migrations.length) return closing(db, () => openOlder(db, path, migrate));
    db.pragma('query_only = ON');
    return db;
  } catch (error) {
    return openFailure(path, error);
  }
}

function closing<Result>(db: Db, run: () => Result): Result {
  try {
    return run();
  } finally {
    db.close();
  }
}

function openUnwritten(path: string): Db {
  const db = new Database(path, { readonly: true });
  try {
    db.pragma('schema_version');
    return db;
  } catch (error) {
    db.close();
    if (!needsWritableFolder(error, path)) throw error;
    return openCopy(path);
  }
}

/**
 * SQLite reads a WAL database only where it may make its -shm file, and a recording that ended
 * cleanly has none: a user who may read root's recording, but not write its folder, would be refused.
 */
function needsWritableFolder(error: unknown, path: string): boolean {
  const isRefused = ['SQLITE_READONLY_DIRECTORY', 'SQLITE_CANTOPEN'].includes(errorCode(error));
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return isRefused && (log === undefined || log.size === 0) && statSync(path).size <= COPY_BYTES_MAX;
}

const COPY_BYTES_MAX = 2 ** 30;

/** The file as it is, in memory; nothing is missing, because there is no write-ahead log beside it. */
function openCopy(path: string): Db {
  const file = readFileSync(path);
  // "File format write version" and "read version": 1 is a rollback journal, 2 is WAL, which memory has not.
  file[18] = 1;
  file[19] = 1;
  return new Database(file, { readonly: true });
}

function migrate(db: Db): { version: number; known: number } | undefined {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > migrations.length) return { version, known: migrations.length };
  db.transaction(() => {
    // Before the migrations: SQLite refuses to rename a table or column that a view can't do without.
    for (const view of VIEWS) db.exec(`DROP VIEW IF EXISTS ${view}`);
    for (const { text } of migrations.slice(version)) db.exec(text);
    db.pragma(`application_id = ${String(APPLICATION_ID)}`);
    db.pragma(`user_version = ${String(migrations.length)}`);
    for (const view of VIEWS) db.exec(readFileSync(join(folder, 'views', `${view}.sql`), 'utf8'));
    const addOperation = db.prepare('INSERT OR REPLACE INTO operation VALUES (?, ?, ?)');
    const addVariant = db.prepare('INSERT OR REPLACE INTO variant VALUES (?, ?, ?)');
    for (const { id, name, probe, variants } of operations) {
      addOperation.run(id, name, probe);
      for (const [variant, text] of Object.entries(variants)) addVariant.run(id, Number(variant), text);
    }
  })();
  return undefined;
}

/** Somebody else's database: it has tables, and not our mark. */
function isForeign(db: Db): boolean {
  if (db.pragma('application_id', { simple: true }) === APPLICATION_ID) return false;
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
}

/** What SQLite said while a query ran, as a Failure; `undefined` when the error is not SQLite's. */
export function databaseFailure(path: string, error: unknown): Failure | undefined {
  return isDatabaseError(error) ? openFailure(path, error) : undefined;
}

export const isDatabaseError = (error: unknown): boolean => errorCode(error).startsWith('SQLITE_');

function openFailure(path: string, error: unknown): Failure {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return failure('no-database', { path });
  if (code === 'SQLITE_NOTADB') return failure('not-a-recording', { path });
  const seen = error instanceof Error ? error.message : String(error);
  if (code === 'SQLITE_ERROR') return failure('database-of-another-version', { path, seen });
  if (code.startsWith('SQLITE_CORRUPT')) return failure('database-damaged', { path, seen });
  return failure('database-unusable', { path, seen });
}

function readMigrations(): { name: string; text: string }[] {
  const from = join(folder, 'migrations');
  return readdirSync(from)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => ({ name, text: readFileSync(join(from, name), 'utf8') }));
}
