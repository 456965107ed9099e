import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import { explanationText } from '../../query/render/explain.ts';
import { slowTable } from '../../query/render/slow.ts';
import { explainOperation } from '../../query/reports/explain.ts';
import type { SlowQuery } from '../../query/reports/slow.ts';
import { slow, slowColumns, slowSorts } from '../../query/reports/slow.ts';
import type { WallUs } from '../../schema/units.ts';
import { nowUs } from '../../schema/units.ts';
import { notesUnder, printAnswer, printDocument, withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand, text } from '../command.ts';
import { filterOptions, readFilters } from '../options/filters.ts';
import type { Format } from '../options/list.ts';
import { listOptions, readFormat, readList } from '../options/list.ts';
import { firstFailure, oneOf, readCount, succeeded } from '../options/values.ts';
import { outputScreen } from '../output.ts';

const options = {
  ...filterOptions,
  sort: { ...text(`Largest first by ${slowSorts.join(' or ')}`, 'latency'), values: slowSorts },
  ...listOptions,
  explain: text('One of them part by part: its number, from the column id'),
} as const;

type SlowTyped = Typed<typeof options>;

function readSlow(
  typed: SlowTyped,
  nowUs: WallUs,
): { readonly query: SlowQuery; readonly format: Format } | Failure {
  const parts = {
    filters: readFilters(typed, nowUs),
    sort: oneOf('--sort', typed.sort ?? 'latency', slowSorts),
    list: readList(typed),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const { filters, sort, list } = parts;
  return { query: { ...filters, sort, limit: list.limit }, format: list.format };
}

function readExplain(
  typed: SlowTyped,
  id: string,
): { readonly exemplarId: number; readonly format: Format } | Failure {
  const parts = {
    exemplarId: readCount('--explain', id, 1),
    format: readFormat(typed),
  };
  return succeeded(parts) ? parts : firstFailure(parts);
}

async function runSlow(typed: Global & SlowTyped): Promise<Outcome> {
  const read = readSlow(typed, nowUs());
  if (isFailure(read)) return read;
  const { query, format } = read;
  return withRecording(typed.db, async (db) => {
    const { rows, row_count } = slow(db, query);
    return printAnswer(format, {
      columns: slowColumns,
      rows,
      notes: notesUnder(db, query, rows.length, row_count),
      table: () => slowTable(rows, outputScreen()),
    });
  });
}

/** `--explain ID`: one slow operation, part by part. */
async function runExplain(typed: Global & SlowTyped, id: string): Promise<Outcome> {
  const read = readExplain(typed, id);
  if (isFailure(read)) return read;
  return withRecording(typed.db, async (db) => {
    const found = explainOperation(db, read.exemplarId);
    if (!found) {
      return failure('bad-argument', {
        seen: `There is no single event ${id} in this recording`,
        expected: 'The numbers are in the column id of: iotrace slow',
      });
    }
    const format = read.format === 'table' ? 'text' : read.format;
    await printDocument(format, found, () => explanationText(found, outputScreen()));
    return 0;
  });
}

export const command = defineCommand({
  options,
  examples: [
    ['$0 slow --op fsync --since 1h', 'The slowest syncs of the last hour'],
    ['$0 slow --sort time', 'The latest ones'],
    ['$0 slow --explain 7', 'Where the time of number 7 went'],
  ],
  epilogue: 'Kept within a budget per second: for counts ask top. Columns: those of the view slow.',
  run: (typed) => (typed.explain === undefined ? runSlow(typed) : runExplain(typed, typed.explain)),
});
