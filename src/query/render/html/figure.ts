/** Pictures over time, drawn with plain paths: what is drawn in a unit of one slot is stretched to its box by CSS. */
import { formatDuration, formatWall } from '../../../schema/units.ts';
import type { HeatCell } from '../../reports/incident/heat.ts';
import { levelNs } from '../../reports/incident/heat.ts';
import type { Slots } from '../../reports/timeline.ts';
import { startOf } from '../../reports/timeline.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';

/** Shades of a heatmap, from few operations to many. */
export const SHADES = 6;

/** Rows of a heatmap, from the shortest latency to beyond the longest. */
export type Levels = { readonly from: number; readonly to: number };

export function levelsOf(cells: readonly HeatCell[]): Levels {
  let [from, to] = [Infinity, -Infinity];
  for (const { level } of cells) {
    from = Math.min(from, level);
    to = Math.max(to, level + 1);
  }
  return { from, to };
}

/** One path for each shade; a run of equal cells is one line as wide as a cell. */
export function heatPaths(cells: readonly HeatCell[], { to }: Levels, most: number): Html[] {
  const shades = Array.from({ length: SHADES }, (): string[] => []);
  const byPlace = cells.toSorted((a, b) => b.level - a.level || a.slot - b.slot);
  let at = 0;
  while (at < byPlace.length) {
    const first = byPlace[at];
    if (first === undefined) break;
    const shade = shadeOf(first.op_count, most);
    let length = 1;
    while (isNext(byPlace[at + length], first, length, shade, most)) length += 1;
    shades[shade]?.push(`M${String(first.slot)} ${String(to - first.level - 0.5)}h${String(length)}`);
    at += length;
  }
  return shades.flatMap((lines, shade) =>
    lines.length === 0 ? [] : [html`<path class="h${shade + 1}" d="${lines.join('')}" />`],
  );
}

function isNext(
  next: HeatCell | undefined,
  first: HeatCell,
  length: number,
  shade: number,
  most: number,
): boolean {
  if (next?.level !== first.level || next.slot !== first.slot + length) return false;
  return shadeOf(next.op_count, most) === shade;
}

/** Logarithmic: one slow operation among a thousand quick ones is what is looked for. */
const shadeOf = (count: number, most: number): number =>
  Math.min(SHADES - 1, Math.floor((SHADES * Math.log1p(count)) / Math.log1p(most)));

/** Powers of ten in sight, with where they are from the top, 0 to 1. */
export function decades({ from, to }: Levels): { readonly text: string; readonly at: number }[] {
  const marks: { text: string; at: number }[] = [];
  for (let ns = 1e3; ns < levelNs(to); ns *= 10) {
    const at = (to - levelAt(ns)) / (to - from);
    if (at > 0 && at < 1) marks.push({ text: formatDuration(ns).replace(/\.0+ /u, ' '), at });
  }
  return marks;
}

/** Where a latency lies among the levels, which are equal steps within each power of two. */
function levelAt(ns: number): number {
  const exponent = Math.floor(Math.log2(ns));
  return 2 * (exponent + (ns / 2 ** exponent - 1));
}

/** An area and its upper edge, from zero to 100; a slot without a value is a hole. */
export function areaPaths(values: readonly (number | null)[], top: number): { area: string; line: string } {
  const runs = runsOf(values).map(({ from, run }) => ({
    from,
    first: height(run[0] ?? 0, top),
    edge: run.map((value, index) => `V${height(value, top)}H${String(from + index + 1)}`).join(''),
  }));
  return {
    area: runs.map(({ from, edge }) => `M${String(from)} 0${edge}V0Z`).join(''),
    line: runs.map(({ from, first, edge }) => `M${String(from)} ${first}${edge}`).join(''),
  };
}

/** What is between holes, and where it begins. */
function runsOf(values: readonly (number | null)[]): { from: number; run: number[] }[] {
  const runs: { from: number; run: number[] }[] = [];
  values.forEach((value, slot) => {
    const last = runs.at(-1);
    if (value === null) return;
    if (last !== undefined && last.from + last.run.length === slot) last.run.push(value);
    else runs.push({ from: slot, run: [value] });
  });
  return runs;
}

const height = (value: number, top: number): string => String(Math.round((1000 * value) / top) / 10);

const TICKS = 4;

/** The times below a figure: its ends and what is between them. */
export function clock(slots: Slots): Html {
  const step = slots.count / TICKS;
  const hasSeconds = (step * slots.widthUs) % 60e6 !== 0 || slots.fromUs % 60e6 !== 0;
  const times = Array.from({ length: TICKS + 1 }, (_, tick) =>
    formatWall(startOf(slots, tick * step)).slice(11, hasSeconds ? 19 : 16),
  );
  return html`<ol class="clock" aria-hidden="true">
    ${times.map((time) => html`<li>${time}</li>`)}
  </ol>`;
}

/** Lines that part a figure as `clock` does. */
export const grid = ({ count }: Slots, height: number): Html =>
  html`<path
    class="grid"
    d="${Array.from({ length: TICKS + 1 }, (_, tick) => `M${String((tick * count) / TICKS)} 0V${String(height)}`).join('')}"
  />`;
