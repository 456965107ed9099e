import { footnotes, nothingRecorded } from '../query/render/footnotes.ts';
import { csv, documentCsv } from '../query/render/csv.ts';
import { json, jsonDocument } from '../query/render/json.ts';
import { classesSeen, containersSeen, coverage } from '../query/reports/coverage.ts';
import type { SqlValue } from '../query/reports/sql.ts';
import type { Filters, Window } from '../query/window.ts';
import { everybody, matchWho } from '../query/who.ts';
import type { Failure } from '../failure.ts';
import { failure, isFailure } from '../failure.ts';
import type { Db } from '../schema/open.ts';
import { databaseFailure, databasePathToRead, openForReading } from '../schema/open.ts';
import type { Outcome } from './command.ts';
import { didYouMean } from './nearest.ts';
import type { DocumentFormat, Format } from './options/list.ts';
import { notesAsText, print, printNotes } from './output.ts';

/** Opens the recording for one answer, and says in words what SQLite finds wrong with it. */
export async function withRecording(
  option: string | undefined,
  answer: (db: Db, path: string) => Promise<Outcome>,
): Promise<Outcome> {
  const path = databasePathToRead(option);
  const db = openForReading(path);
  if (isFailure(db)) return db;
  try {
    return await answer(db, path);
  } catch (error) {
    const failed = databaseFailure(path, error);
    if (failed) return failed;
    throw error;
  } finally {
    db.close();
  }
}

/** Why there is no answer about a window in which nothing was recorded. */
export const unrecorded = (db: Db, window: Window): Failure | undefined =>
  nothingRecorded(window, coverage(db, window));

/**
 * Why there is no answer about this container: the recording holds none of the name. To say that nothing is wrong with a
 * misspelt one would be a false all-clear.
 */
export function unknownContainer(db: Db, option: string, typed: string | undefined): Failure | undefined {
  if (typed === undefined) return undefined;
  const all = everybody(db);
  if (all.some(({ container }) => container === typed)) return undefined;
  const names = [...new Set(all.flatMap(({ container }) => container ?? []))];
  const [meant] = matchWho(typed, all).flatMap(({ container }) => container ?? []);
  const hint = meant === undefined ? didYouMean(typed, names) : ` Did you mean ${meant}?`;
  return failure('bad-argument', {
    seen: `The recording holds no container "${typed}" (${option})`,
    expected:
      names.length === 0
        ? 'It holds no container at all: iotrace top --by cgroup shows whose I/O there was.'
        : `iotrace top --by container shows those it holds.${hint}`,
  });
}

/** What stands under an answer with these filters. */
export function notesUnder(db: Db, filters: Filters, shown: number, row_count: number): string[] | Failure {
  const { window, ops, container, classes = [] } = filters;
  const seen = coverage(db, window);
  const nothing = nothingRecorded(window, seen);
  if (nothing) return nothing;
  return footnotes({
    shown,
    row_count,
    window,
    coverage: seen,
    isFiltered: ops.length > 0 || container !== undefined || classes.length > 0,
    ...(row_count === 0 && container !== undefined ? { containers: containersSeen(db, window) } : {}),
    ...(row_count === 0 && classes.length > 0 ? { classes: classesSeen(db, window) } : {}),
  });
}

export type Rows<Name extends string> = {
  readonly columns: readonly Name[];
  readonly rows: readonly Readonly<Record<Name, SqlValue>>[];
  /** What stands under the table, beside rows for programs on stderr; or why there is no answer. */
  readonly notes: readonly string[] | Failure;
  /** The rows for people; called when there are some. */
  readonly table: () => string;
};

/** Prints an answer of rows. */
export async function printAnswer<Name extends string>(format: Format, answer: Rows<Name>): Promise<Outcome> {
  const { columns, rows, notes, table } = answer;
  if (isFailure(notes)) return notes;
  if (format !== 'table') {
    const values = rows.map((row) => columns.map((column) => row[column]));
    await print(format === 'json' ? json(columns, values) : csv(columns, values));
    printNotes(notes);
    return 0;
  }
  const under = notesAsText(notes);
  await print(rows.length === 0 ? [under] : [table(), under === '' ? '' : '\n', under]);
  return 0;
}

/** Prints an answer that is a document: for people as text, for programs whole, or as the path and value of each leaf. */
export async function printDocument(
  format: DocumentFormat,
  document: unknown,
  text: () => string,
): Promise<void> {
  if (format === 'text') await print([text()]);
  else await print(format === 'json' ? [jsonDocument(document)] : documentCsv(document));
}
