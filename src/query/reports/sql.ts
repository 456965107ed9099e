import type { Failure } from '../../failure.ts';
import { failure } from '../../failure.ts';
import type { Db } from '../../schema/open.ts';

/** What SQLite gives: integers as bigint, so that none is rounded. */
export type SqlValue = null | bigint | number | string | Uint8Array;

export type SqlResult = {
  readonly columns: readonly string[];
  /** Read as they are asked for; while they are, the connection answers nothing else. */
  readonly rows: Iterable<readonly SqlValue[]>;
};

/** One query of the user's own, read-only; a Failure when SQLite or we refuse it. */
export function sql(db: Db, text: string): SqlResult | Failure {
  try {
    const statement = db.prepare<[], SqlValue[]>(text);
    if (!statement.readonly) return failure('sql-refused', { seen: 'it would write, and queries only read' });
    if (!statement.reader) return failure('sql-refused', { seen: 'it returns no rows; type a SELECT' });
    const columns = statement.columns().map(({ name }) => name);
    return { columns, rows: statement.safeIntegers().raw().iterate() };
  } catch (error) {
    return refusal(error) ?? rethrow(error);
  }
}

/** The Failure for an error that lies in the query; `undefined` when it lies elsewhere, as in the file. */
export function refusal(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  // better-sqlite3 reports "no statement" and "more than one statement" as RangeError.
  const isQuery = 'code' in error ? QUERY_ERRORS.has(String(error.code)) : error instanceof RangeError;
  return isQuery ? failure('sql-refused', { seen: error.message }) : undefined;
}

const QUERY_ERRORS = new Set([
  'SQLITE_ERROR',
  'SQLITE_READONLY',
  'SQLITE_RANGE',
  'SQLITE_TOOBIG',
  'SQLITE_AUTH',
]);

function rethrow(error: unknown): never {
  throw error;
}
