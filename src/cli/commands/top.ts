import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import { topTable } from '../../query/render/top.ts';
import { hasContainers } from '../../query/reports/coverage.ts';
import type { Dimension, TopQuery } from '../../query/reports/top.ts';
import { dimensions, hasPercentiles, top, topColumnNames, topSorts } from '../../query/reports/top.ts';
import { BUCKET_ERROR_TEXT } from '../../schema/buckets.ts';
import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { nowUs } from '../../schema/units.ts';
import { notesUnder, printAnswer, withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand, flag, text } from '../command.ts';
import { liveTop } from '../live-top.ts';
import { filterOptions, readFilters } from '../options/filters.ts';
import type { Format } from '../options/list.ts';
import { listOptions, readList } from '../options/list.ts';
import { conflict, firstFailure, listOf, oneOf, succeeded } from '../options/values.ts';
import { outputScreen, untilSignal } from '../output.ts';

const options = {
  by: {
    ...text(`Group by ${dimensions.join(', ')}, or several: container,file`, 'container'),
    values: dimensions,
    isList: true,
  },
  ...filterOptions,
  sort: { ...text(`Largest first by ${topSorts.join(', ')}`, 'latency'), values: topSorts },
  ...listOptions,
  live: flag('Show it on this terminal, renewed until you type q'),
} as const;

type TopTyped = Typed<typeof options>;
type TopArguments = {
  readonly query: TopQuery;
  readonly format: Format;
  readonly isLive: boolean;
  /** Whether --by was typed. */
  readonly hasOwnBy: boolean;
};

/** The window of `--live` unless one is typed: what happens now, over a dozen intervals. */
const LIVE_LENGTH = '1m';

export function readTop(typed: TopTyped, nowUs: WallUs): TopArguments | Failure {
  const parts = {
    by: typed.by === undefined ? undefined : listOf('--by', typed.by, dimensions),
    filters: readFilters(withLength(typed), nowUs),
    sort: oneOf('--sort', typed.sort ?? 'latency', topSorts),
    list: readList(typed),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const { by = ['container'], filters, sort, list } = parts;
  if (sort === 'p99' && !hasPercentiles(by, filters.classes)) return noPercentiles(by);
  const isLive = typed.live ?? false;
  const clash = isLive ? liveClash(typed, list.format) : undefined;
  const query = { ...filters, by, sort, limit: list.limit };
  return clash ?? { query, format: list.format, isLive, hasOwnBy: parts.by !== undefined };
}

function withLength(typed: TopTyped): TopTyped {
  const isOpen = typed.live === true && typed.since === undefined && typed.from === undefined;
  return isOpen ? { ...typed, since: LIVE_LENGTH } : typed;
}

function liveClash({ from, to }: TopTyped, format: Format): Failure | undefined {
  if (from !== undefined) return conflict('--live', '--from', 'it always shows the time until now');
  if (to !== undefined) return conflict('--live', '--to', 'it always shows the time until now');
  return format === 'table'
    ? undefined
    : conflict('--live', `--format ${format}`, 'it draws on the terminal');
}

function noPercentiles(by: readonly Dimension[]): Failure {
  const others = topSorts.filter((sort) => sort !== 'p99').join(', ');
  return failure('bad-argument', {
    seen: `--sort p99 with ${hasPercentiles(by) ? '--class' : `--by ${by.join(',')}`}: percentiles are kept per container, pod, cgroup, device and sync_kind`,
    expected: `Type --sort with one of: ${others}; or group by container.`,
  });
}

export async function runTop(typed: Global & TopTyped): Promise<Outcome> {
  const read = readTop(typed, nowUs());
  if (isFailure(read)) return read;
  const { format, isLive } = read;
  return withRecording(typed.db, async (db) => {
    const query = forPeople(db, read);
    if (isLive) return liveTop(db, query, untilSignal().signal);
    const { rows, row_count } = top(db, query);
    return printAnswer(format, {
      columns: topColumnNames,
      rows,
      notes: notesUnder(db, query, rows.length, row_count),
      table: () => topTable(query.by, rows, outputScreen()),
    });
  });
}

/** Where no container is, people see processes rather than one row of the host for each operation. */
export function forPeople(db: Db, { query, format, hasOwnBy }: TopArguments): TopQuery {
  const isOpen = format === 'table' && !hasOwnBy && query.sort !== 'p99' && query.container === undefined;
  if (!isOpen || hasContainers(db)) return query;
  return { ...query, by: ['process'] };
}

export const command = defineCommand({
  options,
  examples: [
    ['$0 top --by pod --sort p99', 'The worst P99 first'],
    ['$0 top --by file --container app1', 'Which files of app1'],
    ['$0 top --op fsync --by sync_kind', 'Which kinds of sync'],
    ['$0 top --format json', 'For programs: see docs/cli.md'],
  ],
  epilogue: `Percentiles are ${BUCKET_ERROR_TEXT}; by process or file there are none. Intervals that overlap the window count whole.`,
  run: runTop,
});
