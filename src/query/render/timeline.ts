import colors from 'picocolors';
import { formatElapsed, formatWall, zoneName } from '../../schema/units.ts';
import type { Timeline, TimelineMetric, TimelineRow } from '../reports/timeline.ts';
import { startOf } from '../reports/timeline.ts';
import { formatNumber } from './diagnosis/words.ts';
import type { Screen } from './table.ts';
import { pad, shorten, textWidth, visible } from './text.ts';

/** From little to much. */
const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const LETTERS = ['1', '2', '3', '4', '5', '6', '7', '8'];
const NOTHING = '·';
const NOTHING_ASCII = '.';
const NAME_WIDTH_MAX = 26;

type TimelineScreen = Screen & { readonly isUtf8: boolean };

const unitOf: Readonly<Record<TimelineMetric, string>> = {
  p99: 'latency_ns_p99',
  rate: 'ops_per_s',
  bytes: 'size_bytes_per_s',
};
const metricTitles: Readonly<Record<TimelineMetric, string>> = {
  p99: 'P99 latency',
  rate: 'operations',
  bytes: 'bytes',
};

/** A line for each group, a mark for each slot of time, all on one scale: logarithmic for latencies. */
export function timelineText(timeline: Timeline, metric: TimelineMetric, screen: TimelineScreen): string {
  const { rows, slots, isRecorded, row_count } = timeline;
  if (!isRecorded.includes(true)) return 'Nothing was recorded in this window.\n';
  if (rows.length === 0) return 'No operation matched in this window.\n';
  const names = rows.map(({ name }) => shorten(visible(name), NAME_WIDTH_MAX));
  const width = Math.max(...names.map(textWidth));
  const level = levels(rows, metric);
  const paint = colors.createColors(screen.colour);
  const lines = rows.map((row, index) => {
    const marks = row.values.map((value, slot) => mark(value, isRecorded[slot] ?? false, level, screen));
    const max = formatNumber(unitOf[metric], row.max);
    return `${pad(names[index] ?? '', width, 'left')}  ${marks.map((each) => tint(each, paint)).join('')}  ${max}`;
  });
  const from = clock(startOf(slots, 0));
  const to = clock(startOf(slots, slots.count));
  const axis = from + ' '.repeat(Math.max(1, slots.count - from.length - to.length)) + to;
  const more =
    rows.length < row_count
      ? `, ${String(rows.length)} of ${String(row_count)} lines (--limit ${String(row_count)})`
      : '';
  const scale = screen.isUtf8 ? `${BLOCKS[0] ?? ''} to ${BLOCKS.at(-1) ?? ''}` : '1 to 8';
  return [
    paint.bold(`${pad('', width, 'left')}  ${pad(axis, slots.count, 'left')}  max`.trimEnd()),
    ...lines,
    '',
    `${metricTitles[metric]} in slots of ${formatElapsed(slots.widthUs)}, ${scale} is ${formatNumber(unitOf[metric], level.min)} to ${formatNumber(unitOf[metric], level.max)}, ${zoneName(slots.fromUs)}${more}`,
    '',
  ].join('\n');
}

/** The same for programs. */
export function timelineDocument({ slots, isRecorded, rows, row_count }: Timeline) {
  const { fromUs, widthUs, count } = slots;
  return {
    slots: { from_us: fromUs, width_us: widthUs, count },
    is_recorded: isRecorded,
    rows,
    row_count,
  };
}

/** A row for each group and slot. */
export const timelineColumns = ['name', 'from_us', 'value'] as const;

export function* timelineRows({ slots, rows }: Timeline): Generator<[string, number, number | null]> {
  for (const { name, values } of rows) {
    for (const [slot, value] of values.entries()) yield [name, startOf(slots, slot), value];
  }
}

type Levels = { readonly min: number; readonly max: number; readonly of: (value: number) => number };

/** Latencies span six powers of ten, rates hardly two: the former are shown by their logarithm. */
function levels(rows: readonly TimelineRow[], metric: TimelineMetric): Levels {
  const values = rows.flatMap((row) => row.values.filter((value) => value !== null && value > 0));
  const numbers = values.map(Number);
  const min = numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const max = numbers.reduce((a, b) => Math.max(a, b), 0);
  const steps = BLOCKS.length - 1;
  const part = (value: number): number => {
    if (metric !== 'p99') return value / max;
    return max === min ? 1 : Math.log(value / min) / Math.log(max / min);
  };
  return {
    min: metric === 'p99' ? min : 0,
    max,
    of: (value) => Math.max(0, Math.min(steps, Math.round(part(value) * steps))),
  };
}

type Mark = { readonly text: string; readonly level: number };

function mark(value: number | null, isRecorded: boolean, level: Levels, { isUtf8 }: TimelineScreen): Mark {
  if (!isRecorded) return { text: ' ', level: -1 };
  if (value === null || value === 0) return { text: isUtf8 ? NOTHING : NOTHING_ASCII, level: -1 };
  const step = level.of(value);
  return { text: (isUtf8 ? BLOCKS : LETTERS)[step] ?? '', level: step };
}

/** The upper third is red, the middle yellow. */
function tint({ text, level }: Mark, paint: ReturnType<typeof colors.createColors>): string {
  if (level < 0) return paint.dim(text);
  if (level >= 6) return paint.red(text);
  return level >= 4 ? paint.yellow(text) : paint.green(text);
}

const clock = (us: number): string => formatWall(us).slice(11, 19);
