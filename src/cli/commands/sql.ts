import { readFileSync } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import type { Failure } from '../../failure.ts';
import { explain, failure, isFailure } from '../../failure.ts';
import { csv } from '../../query/render/csv.ts';
import { json } from '../../query/render/json.ts';
import { schemaColumns, schemaRows, schemaText } from '../../query/render/schema.ts';
import { sqlTable } from '../../query/render/sql.ts';
import { refusal, sql } from '../../query/reports/sql.ts';
import { describeViews } from '../../schema/describe.ts';
import type { Db } from '../../schema/open.ts';
import { withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand, flag, text } from '../command.ts';
import type { Format } from '../options/list.ts';
import { formatOption, readFormat } from '../options/list.ts';
import { outputScreen, print, printToStderr } from '../output.ts';
import { prompt } from '../prompt.ts';

const options = {
  file: { ...text('Read the query from this file'), values: 'file' },
  ...formatOption,
  schema: flag('Print the views and what their columns mean'),
} as const;

async function runSql(typed: Global & Typed<typeof options>, word: string | undefined): Promise<Outcome> {
  const format = readFormat(typed);
  if (isFailure(format)) return format;
  const views = describeViews();
  const schema = schemaText(views);
  if (typed.schema === true) {
    if (format === 'table') await print([schema]);
    else await print((format === 'json' ? json : csv)(schemaColumns, schemaRows(views)));
    return 0;
  }
  const query = await readQuery(word, typed.file);
  if (isFailure(query)) return query;
  return withRecording(typed.db, async (db) => {
    if (query !== undefined) return answerSql(db, query, format);
    await prompt(async (line) => {
      const outcome = await answerSql(db, line, format, false);
      if (isFailure(outcome)) printToStderr([explain(outcome)]);
    }, schema);
    return 0;
  });
}

/** The query from the command line, --file, or a pipe; `undefined`: ask for one on the terminal. */
async function readQuery(
  query: string | undefined,
  file: string | undefined,
): Promise<string | undefined | Failure> {
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

/** @param mayPage `false` where the terminal is being read from */
async function answerSql(db: Db, query: string, format: Format, mayPage?: false): Promise<Outcome> {
  try {
    const result = sql(db, query);
    if (isFailure(result)) return result;
    const { columns, rows } = result;
    if (format === 'table') await print([sqlTable(columns, [...rows], outputScreen())], mayPage);
    else await print(format === 'json' ? json(columns, rows) : csv(columns, rows), mayPage);
    return 0;
  } catch (error) {
    // Some queries fail while their rows are read: an overflow, malformed JSON.
    const refused = refusal(error);
    if (refused) return refused;
    throw error;
  }
}

export const command = defineCommand({
  options,
  word: { name: 'query', describe: 'One SELECT, in quotes' },
  examples: [
    ['$0 sql --schema', 'What there is to ask for'],
    ['$0 sql "SELECT op, sum(op_count) FROM operations GROUP BY op"', ''],
    ['$0 sql --file query.sql --format csv', ''],
  ],
  epilogue: 'Without a query it reads one from stdin; on a terminal it asks.',
  run: runSql,
});
