import type { Failure } from '../../failure.ts';
import { isFailure } from '../../failure.ts';
import { csv } from '../../query/render/csv.ts';
import { jsonDocument } from '../../query/render/json.ts';
import {
  timelineColumns,
  timelineDocument,
  timelineRows,
  timelineText,
} from '../../query/render/timeline.ts';
import type { TimelineQuery } from '../../query/reports/timeline.ts';
import { timeline, timelineGroups, timelineMetrics } from '../../query/reports/timeline.ts';
import type { WallUs } from '../../schema/units.ts';
import { nowUs } from '../../schema/units.ts';
import { unknownContainer, unrecorded, withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { choice, defineCommand, text } from '../command.ts';
import { filterOptions, readFilters } from '../options/filters.ts';
import type { DocumentFormat } from '../options/list.ts';
import { documentOptions, readDocumentFormat, readLimit } from '../options/list.ts';
import { firstFailure, oneOf, succeeded } from '../options/values.ts';
import { windowOptions } from '../options/window.ts';
import { outputScreen, print } from '../output.ts';

const options = {
  by: { ...text(`A line for each ${timelineGroups.join(', ')}`, 'container'), values: timelineGroups },
  metric: choice(timelineMetrics, 'p99'),
  op: filterOptions.op,
  container: filterOptions.container,
  stacked: filterOptions.stacked,
  ...windowOptions,
  limit: { ...text('Lines to show', '20'), letter: 'n' },
  ...documentOptions,
} as const;

type TimelineTyped = Typed<typeof options>;

type TimelineArguments = {
  readonly query: Omit<TimelineQuery, 'slotCount'>;
  readonly format: DocumentFormat;
};

function readTimeline(typed: TimelineTyped, now: WallUs): TimelineArguments | Failure {
  const parts = {
    filters: readFilters(typed, now),
    by: oneOf('--by', typed.by ?? 'container', timelineGroups),
    metric: oneOf('--metric', typed.metric ?? 'p99', timelineMetrics),
    limit: readLimit(typed),
    format: readDocumentFormat(typed),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const { filters, format, ...query } = parts;
  return { query: { ...query, ...filters }, format };
}

/** Slots of a pipe or a file, which has no width. */
const SLOTS_WITHOUT_WIDTH = 60;
/** Cells of a line that are not slots: the name, the largest value. */
const CELLS_BESIDE = 40;

async function runTimeline(typed: Global & TimelineTyped): Promise<Outcome> {
  const read = readTimeline(typed, nowUs());
  if (isFailure(read)) return read;
  const { query, format } = read;
  const screen = outputScreen();
  const slotCount =
    screen.width === undefined
      ? SLOTS_WITHOUT_WIDTH
      : Math.max(10, Math.min(120, screen.width - CELLS_BESIDE));
  return withRecording(typed.db, async (db) => {
    const nothing = unrecorded(db, query.window) ?? unknownContainer(db, '--container', query.container);
    if (nothing) return nothing;
    const found = timeline(db, { ...query, slotCount });
    if (format === 'csv') await print(csv(timelineColumns, timelineRows(found)));
    else if (format === 'json') await print([jsonDocument(timelineDocument(found))]);
    else await print([timelineText(found, query.metric, { ...screen, isUtf8: isUtf8() })]);
    return 0;
  });
}

/** Whether the terminal shows block characters, as its locale says. */
function isUtf8(): boolean {
  const locale = process.env['LC_ALL'] ?? process.env['LC_CTYPE'] ?? process.env['LANG'] ?? '';
  return !process.stdout.isTTY || /utf-?8/iu.test(locale);
}

export const command = defineCommand({
  options,
  examples: [
    ['$0 timeline --op fsync --since 1h', 'P99 of fsync, container by container'],
    ['$0 timeline --by device --metric bytes', 'Which disk moved how much, when'],
  ],
  epilogue:
    'Darker is more, on one scale for all lines. A dot: nothing happened; a space: nothing was recorded.',
  run: runTimeline,
});
