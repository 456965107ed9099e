import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import { blameSentence, blameTable } from '../../query/render/blame.ts';
import type { BlameQuery } from '../../query/reports/blame.ts';
import { blame, blameColumns } from '../../query/reports/blame.ts';
import type { WallUs } from '../../schema/units.ts';
import { nowUs } from '../../schema/units.ts';
import { printAnswer, unknownContainer, unrecorded, withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand, text } from '../command.ts';
import { filterOptions, readFilters } from '../options/filters.ts';
import type { Format } from '../options/list.ts';
import { listOptions, readList } from '../options/list.ts';
import { firstFailure, succeeded } from '../options/values.ts';
import { windowOptions } from '../options/window.ts';
import { outputScreen } from '../output.ts';

const options = {
  victim: text('The container that was slow'),
  op: filterOptions.op,
  ...windowOptions,
  ...listOptions,
} as const;

type BlameTyped = Typed<typeof options>;

export function readBlame(
  typed: BlameTyped,
  nowUs: WallUs,
): { readonly query: BlameQuery; readonly format: Format } | Failure {
  const { victim } = typed;
  if (victim === undefined || victim === '') {
    const expected = 'Name the container that was slow, as in --victim web.';
    return failure('bad-argument', { seen: 'There is no --victim', expected });
  }
  const parts = { filters: readFilters(typed, nowUs), list: readList(typed) };
  if (!succeeded(parts)) return firstFailure(parts);
  const { filters, list } = parts;
  return { query: { ...filters, victim, limit: list.limit }, format: list.format };
}

async function runBlame(typed: Global & BlameTyped): Promise<Outcome> {
  const read = readBlame(typed, nowUs());
  if (isFailure(read)) return read;
  const { query, format } = read;
  return withRecording(typed.db, async (db) => {
    const unknown = unknownContainer(db, '--victim', query.victim);
    if (unknown) return unknown;
    const found = blame(db, query);
    return printAnswer(format, {
      columns: blameColumns,
      rows: found.rows,
      notes: unrecorded(db, query.window) ?? [blameSentence(query.victim, found)],
      table: () => blameTable(found.rows, outputScreen()),
    });
  });
}

export const command = defineCommand({
  options,
  examples: [
    ['$0 blame --victim web', 'Whose I/O was in flight while web waited'],
    ['$0 blame --victim web --op fsync --since 1h', 'Only for its syncs'],
  ],
  epilogue: 'In flight at the same time is no proof of a cause: docs/blame.md.',
  run: runBlame,
});
