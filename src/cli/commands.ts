import { readFileSync } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import type { Failure } from '../failure.ts';
import { explain, failure, isFailure } from '../failure.ts';
import { csv } from '../query/render/csv.ts';
import { doctorJson, doctorText } from '../query/render/doctor.ts';
import { footnotes } from '../query/render/footnotes.ts';
import { json, jsonDocument } from '../query/render/json.ts';
import { metricsText } from '../query/render/metrics.ts';
import { schemaText } from '../query/render/schema.ts';
import { slowTable } from '../query/render/slow.ts';
import { sqlTable } from '../query/render/sql.ts';
import { statusText } from '../query/render/status.ts';
import { wrap } from '../query/render/text.ts';
import { topTable } from '../query/render/top.ts';
import { classesSeen, containersSeen, coverage } from '../query/reports/coverage.ts';
import { metrics } from '../query/reports/metrics.ts';
import { slow, slowColumns } from '../query/reports/slow.ts';
import type { SqlValue } from '../query/reports/sql.ts';
import { refusal, sql } from '../query/reports/sql.ts';
import { status } from '../query/reports/status.ts';
import { top, topColumnNames } from '../query/reports/top.ts';
import type { Filters } from '../query/window.ts';
import { describeViews } from '../schema/describe.ts';
import type { Db } from '../schema/open.ts';
import { databaseFailure, databasePathToRead, openForReading } from '../schema/open.ts';
import { nowUs } from '../schema/units.ts';
import type { DocumentTyped, Format, MetricsTyped, SlowTyped, SqlTyped, TopTyped } from './arguments.ts';
import { readDocumentFormat, readMetrics, readSlow, readSqlFormat, readTop } from './arguments.ts';
import { liveTop } from './live-top.ts';
import { thisMachine } from './machine.ts';
import { outputScreen, print, tell, untilSignal } from './output.ts';
import { prompt } from './prompt.ts';

/** What a command came to: an exit code, or the Failure that explains one. */
export type Outcome = 0 | 1 | Failure;

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

/** `iotrace top`. */
export async function runTop(typed: TopTyped): Promise<Outcome> {
  const read = readTop(typed, nowUs());
  if (isFailure(read)) return read;
  const { query, format, isLive } = read;
  return withRecording(typed.db, async (db) => {
    if (isLive) return liveTop(db, query, untilSignal().signal);
    const { rows, row_count } = top(db, query);
    const notes = notesUnder(db, query, rows.length, row_count);
    if (format === 'table') return printTable(topTable(query.by, rows, outputScreen()), rows.length, notes);
    return printRows(format, topColumnNames, rows, notes);
  });
}

/** `iotrace slow`. */
export async function runSlow(typed: SlowTyped): Promise<Outcome> {
  const read = readSlow(typed, nowUs());
  if (isFailure(read)) return read;
  const { query, format } = read;
  return withRecording(typed.db, async (db) => {
    const { rows, row_count } = slow(db, query);
    const notes = notesUnder(db, query, rows.length, row_count);
    if (format === 'table') return printTable(slowTable(rows, outputScreen()), rows.length, notes);
    return printRows(format, slowColumns, rows, notes);
  });
}

function notesUnder(db: Db, filters: Filters, shown: number, row_count: number): string[] {
  const { window, ops, container, classes = [] } = filters;
  return footnotes({
    shown,
    row_count,
    window,
    coverage: coverage(db, window),
    isFiltered: ops.length > 0 || container !== undefined || classes.length > 0,
    ...(row_count === 0 && container !== undefined ? { containers: containersSeen(db, window) } : {}),
    ...(row_count === 0 && classes.length > 0 ? { classes: classesSeen(db, window) } : {}),
  });
}

export async function printTable(table: string, shown: number, notes: readonly string[]): Promise<0> {
  const { width } = outputScreen();
  const wrapped = notes.flatMap((note) => wrap(note, width));
  const lines = shown === 0 ? wrapped : ['', ...wrapped];
  await print([shown === 0 ? '' : table, ...lines.map((line) => `${line}\n`)]);
  return 0;
}

/** Rows for programs on stdout, the notes for people on stderr. */
export async function printRows<Name extends string>(
  format: 'json' | 'csv',
  columns: readonly Name[],
  rows: readonly Readonly<Record<Name, SqlValue>>[],
  notes: readonly string[],
): Promise<0> {
  const values = rows.map((row) => columns.map((column) => row[column]));
  await print(format === 'json' ? json(columns, values) : csv(columns, values));
  tell(notes);
  return 0;
}

/** `iotrace sql`. */
export async function runSql(typed: SqlTyped): Promise<Outcome> {
  const format = readSqlFormat(typed);
  if (isFailure(format)) return format;
  const schema = schemaText(describeViews());
  if (typed.schema === true) {
    await print([schema]);
    return 0;
  }
  const query = await readQuery(typed);
  if (isFailure(query)) return query;
  return withRecording(typed.db, async (db) => {
    if (query !== undefined) return answerSql(db, query, format);
    await prompt(async (text) => {
      const outcome = await answerSql(db, text, format);
      if (isFailure(outcome)) tell([explain(outcome)]);
    }, schema);
    return 0;
  });
}

/** The query from the command line, --file, or a pipe; `undefined`: ask for one on the terminal. */
async function readQuery({ query, file }: SqlTyped): Promise<string | undefined | Failure> {
  if (query !== undefined && file !== undefined) {
    const expected = 'Type one of them.';
    return failure('bad-argument', { seen: 'There are two queries: one typed, one in --file', expected });
  }
  if (query !== undefined) return query;
  if (file !== undefined) return readQueryFile(file);
  return process.stdin.isTTY ? undefined : textOf(process.stdin);
}

function readQueryFile(file: string): string | Failure {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const seen = `--file can't be read: ${error instanceof Error ? error.message : String(error)}`;
    return failure('bad-argument', {
      seen,
      expected: 'Name a file with one SELECT, as in --file query.sql.',
    });
  }
}

async function answerSql(db: Db, query: string, format: Format): Promise<Outcome> {
  try {
    const result = sql(db, query);
    if (isFailure(result)) return result;
    const { columns, rows } = result;
    if (format === 'table') await print([sqlTable(columns, [...rows], outputScreen())]);
    else await print(format === 'json' ? json(columns, rows) : csv(columns, rows));
    return 0;
  } catch (error) {
    // Some queries fail while their rows are read: an overflow, malformed JSON.
    const refused = refusal(error);
    if (refused) return refused;
    throw error;
  }
}

/** `iotrace metrics`: to a recording without a session there is nothing to say, which is no failure. */
export async function runMetrics(typed: MetricsTyped): Promise<Outcome> {
  const read = readMetrics(typed);
  if (isFailure(read)) return read;
  return withRecording(typed.db, async (db) => {
    await print(metricsText(metrics(db, read.ownersMax) ?? [], read.format));
    return 0;
  });
}

/** `iotrace status`. */
export async function runStatus(typed: DocumentTyped): Promise<Outcome> {
  const format = readDocumentFormat(typed);
  if (isFailure(format)) return format;
  return withRecording(typed.db, async (db, path) => {
    const found = status(db, thisMachine());
    if (format === 'json') await print([jsonDocument(found ?? null)]);
    else if (found) await print([statusText(found, path, outputScreen().width)]);
    else
      await print([`No session was recorded yet into ${path}. Start with: sudo iotrace record --for 30s\n`]);
    return 0;
  });
}

/** `iotrace doctor`: 1 when something keeps this machine from recording. */
export async function runDoctor(typed: DocumentTyped): Promise<Outcome> {
  const format = readDocumentFormat(typed);
  if (isFailure(format)) return format;
  const { doctor } = await import('../daemon/main.ts');
  const report = await doctor();
  await print([format === 'json' ? doctorJson(report) : doctorText(report, outputScreen().width)]);
  return report.problems.length === 0 ? 0 : 1;
}
