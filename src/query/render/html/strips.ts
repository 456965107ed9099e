import type { Answer, Cell } from '../../reports/incident/answer.ts';
import type { Figures, Incident } from '../../reports/incident/incident.ts';
import type { Slots } from '../../reports/timeline.ts';
import { areaPaths, clock, grid } from './figure.ts';
import type { Html } from './html.ts';
import { html, nothing } from './html.ts';
import type { Speaker } from './speaker.ts';
import { query } from './table.ts';

/** One line over time: a name, its unit by the name of its column, a value for each slot. */
type Strip = {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly (number | null)[];
  readonly before: readonly (number | null)[];
};

/** Strips of one kind, most first, at most. */
const STRIPS_MAX = 8;

/** Rates, disks and pressure over time, under one clock with what happened at single moments. */
export function strips({ figures, baseline, tables }: Incident, speaker: Speaker): Html {
  const { word } = speaker;
  const marks = marksOf(tables.events, figures.slots);
  const block = (title: string, lines: readonly Strip[], sql: string): Html =>
    lines.length === 0
      ? nothing
      : html`<h3>${title}</h3>
          <div class="figures">
            ${lines.map((line) => strip(line, figures.slots, marks, speaker))}${clock(figures.slots)}
          </div>
          ${query(sql, speaker)}`;
  const disk = (unit: string): Strip[] => series(figures, baseline, 'disks', 'device', unit, false);
  return html`<p class="about">
      ${word('load.about')}${baseline === undefined ? '' : ` ${word('load.compared')}`}
    </p>
    ${block(word('rates'), series(figures, baseline, 'rates', 'name', 'value', true, 'ops_per_s'), figures.rates.sql)}
    ${block(word('bytes'), series(figures, baseline, 'bytes', 'name', 'value', true, 'size_bytes_per_s'), figures.bytes.sql)}
    ${block(word('util_percent'), disk('util_percent'), figures.disks.sql)}
    ${block(word('queue_length'), disk('queue_length'), figures.disks.sql)}
    ${block(word('await_ns'), disk('await_ns'), figures.disks.sql)}
    ${block(word('pressure'), pressure(figures, baseline, speaker), figures.host.sql)}`;
}

/** The strips of a table with a row for each name and slot. */
function series(
  figures: Figures,
  baseline: Figures | undefined,
  table: 'rates' | 'bytes' | 'disks',
  by: string,
  column: string,
  isZeroWithout: boolean,
  unit = column,
): Strip[] {
  const now = valuesOf(figures, figures[table], by, column, isZeroWithout);
  const before =
    baseline === undefined
      ? new Map<string, never>()
      : valuesOf(baseline, baseline[table], by, column, isZeroWithout);
  return [...now]
    .map(([name, values]) => ({ name, unit, values, before: before.get(name) ?? [] }))
    .filter(({ values }) => highest(values) > 0)
    .toSorted((a, b) => highest(b.values) - highest(a.values))
    .slice(0, STRIPS_MAX);
}

const PRESSURES = [
  'io_some_percent',
  'io_full_percent',
  'memory_some_percent',
  'unwritten_bytes_max',
] as const;

function pressure(figures: Figures, baseline: Figures | undefined, { word }: Speaker): Strip[] {
  return PRESSURES.flatMap((unit) => {
    const read = (of: Figures): readonly (number | null)[] =>
      valuesOf(of, of.host, undefined, unit, false).get('') ?? [];
    const values = read(figures);
    if (!values.some((value) => value !== null)) return [];
    return [{ name: word(unit), unit, values, before: baseline === undefined ? [] : read(baseline) }];
  });
}

/** A value for each slot by name; what was recorded and has none is zero, or a hole. */
function valuesOf(
  { isRecorded }: Figures,
  { columns, rows }: Answer,
  by: string | undefined,
  column: string,
  isZeroWithout: boolean,
): Map<string, (number | null)[]> {
  const [nameAt, slotAt, valueAt] = [
    columns.indexOf(by ?? ''),
    columns.indexOf('slot'),
    columns.indexOf(column),
  ];
  const found = new Map<string, (number | null)[]>();
  for (const row of rows) {
    const name = by === undefined ? '' : String(row[nameAt]);
    const values = found.get(name) ?? isRecorded.map((recorded) => (recorded && isZeroWithout ? 0 : null));
    values[Number(row[slotAt])] = numberOf(row[valueAt]);
    found.set(name, values);
  }
  return found;
}

const numberOf = (value: Cell | undefined): number | null => (typeof value === 'number' ? value : null);

const highest = (values: readonly (number | null)[]): number =>
  values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);

const lowest = (values: readonly (number | null)[]): number =>
  values.reduce<number>((min, value) => Math.min(min, value ?? Infinity), Infinity);

function strip({ name, unit, values, before }: Strip, slots: Slots, marks: string, speaker: Speaker): Html {
  const { voice, word } = speaker;
  const top = Math.max(highest(values), highest(before)) || 1;
  const { area, line } = areaPaths(values, top);
  const [low, high] = [voice.value(unit, lowest(values)), voice.value(unit, highest(values))];
  const past =
    before.length === 0 ? nothing : html`<path class="before" d="${areaPaths(before, top).line}" />`;
  return html`<figure class="strip">
    <figcaption><b>${name}</b></figcaption>
    <div class="plot">
      <svg
        role="img"
        aria-label="${word('strip', { name, low, high })}"
        viewBox="0 0 ${slots.count} 100"
        preserveAspectRatio="none"
      >
        ${grid(slots, 100)}
        <path class="mark" d="${marks}" />
        <g transform="matrix(1 0 0 -1 0 100)">
          <path class="area" d="${area}" />
          ${past}
          <path class="line" d="${line}" />
        </g>
      </svg>
    </div>
    <span class="peak">${high}</span>
  </figure> `;
}

/** Vertical lines where something happened. */
function marksOf({ columns, rows }: Answer, { fromUs, widthUs, count }: Slots): string {
  const at = columns.indexOf('at_us');
  const places = rows
    .map((row) => (Number(row[at]) - fromUs) / widthUs)
    .filter((place) => place >= 0 && place <= count)
    .map((place) => place.toFixed(1));
  return [...new Set(places)].map((place) => `M${place} 0v100`).join('');
}
