import { formatCount, formatDuration } from '../../../schema/units.ts';
import type { Answer } from '../../reports/incident/answer.ts';
import type { Heat, HeatCell } from '../../reports/incident/heat.ts';
import { heats, levelNs } from '../../reports/incident/heat.ts';
import type { Incident } from '../../reports/incident/incident.ts';
import type { Slots } from '../../reports/timeline.ts';
import type { Levels } from './figure.ts';
import { clock, decades, grid, heatPaths, levelsOf, SHADES } from './figure.ts';
import type { Html } from './html.ts';
import { html, nothing } from './html.ts';
import type { Speaker } from './speaker.ts';
import { query } from './table.ts';

/** So many heatmaps are large, and of so many names all operations have one. */
const LARGE_COUNT = 6;
/** Heatmaps at most: a page must not grow with the number of containers a node has had. */
const FIGURES_MAX = 120;

type Pair = { readonly now: Heat; readonly before: Heat | undefined };
type Frame = { readonly levels: Levels; readonly slots: Slots; readonly before: Slots | undefined };

/** Latency over time: of the calls of each container, and of the requests at each disk. */
export function heatmaps(incident: Incident, speaker: Speaker): Html {
  const { figures, baseline, tables } = incident;
  const { word } = speaker;
  const callPairs = ranked(pairs(figures.heats, baseline?.heats), rankOf(tables.who));
  const diskPairs = pairs(figures.disk_heats, baseline?.disk_heats).toSorted(byCount);
  const all = [...callPairs, ...diskPairs];
  if (all.length === 0) return html`<p class="none">${word('latency.none')}</p>`;
  const cells = all.flatMap(({ now, before }) => [...now.cells, ...(before?.cells ?? [])]);
  const frame = { levels: levelsOf(cells), slots: figures.slots, before: baseline?.slots };
  const captions = captionsOf(tables.who, speaker);
  const draw = (list: readonly Pair[], isLarge: boolean): Html[] =>
    list.map((pair) => heatmap(pair, frame, isLarge, captions(pair.now, isLarge), speaker));
  const rest = callPairs.slice(LARGE_COUNT);
  return html`<p class="about">
      ${word('latency.about')}
      <span class="key"
        >${word('fewer')}
        <svg viewBox="0 0 ${SHADES} 1" preserveAspectRatio="none" aria-hidden="true">${shades()}</svg>
        ${word('many')}</span
      >
    </p>
    <h3>${word('latency.containers')}</h3>
    <div class="figures">${draw(callPairs.slice(0, LARGE_COUNT), true)}${clocks(frame)}</div>
    ${query(figures.heats.sql, speaker)}
    ${
      rest.length === 0
        ? nothing
        : html`<h4>${word('latency.more')}</h4>
            <div class="multiples">${draw(rest, false)}</div>`
    }
    ${
      diskPairs.length === 0
        ? nothing
        : html`<h3>${word('latency.disks')}</h3>
            <div class="figures">${draw(diskPairs.slice(0, LARGE_COUNT), true)}${clocks(frame)}</div>
            ${query(figures.disk_heats.sql, speaker)}`
    }`;
}

const shades = (): Html[] =>
  Array.from({ length: SHADES }, (_, shade) => html`<path class="h${shade + 1}" d="M${shade} .5h1" />`);

const keyOf = ({ name, op }: Pick<Heat, 'name' | 'op'>): string => JSON.stringify([name, op]);

const byCount = (a: Pair, b: Pair): number => b.now.op_count - a.now.op_count;

function pairs(now: Answer, before: Answer | undefined): Pair[] {
  const past = new Map(before === undefined ? [] : heats(before).map((heat) => [keyOf(heat), heat]));
  return heats(now).map((heat) => ({ now: heat, before: past.get(keyOf(heat)) }));
}

/** Where a name's operation stands in the table, which has those waited for longest first. */
function rankOf({ columns, rows }: Answer): ReadonlyMap<string, number> {
  const [who, op] = [columns.indexOf('who'), columns.indexOf('op')];
  return new Map(rows.map((row, rank) => [keyOf({ name: String(row[who]), op: String(row[op]) }), rank]));
}

/** The first of each name, and of the first few names all. */
function ranked(all: readonly Pair[], ranks: ReadonlyMap<string, number>): Pair[] {
  const rank = ({ now }: Pair): number => ranks.get(keyOf(now)) ?? Infinity;
  const sorted = all.toSorted((a, b) => rank(a) - rank(b) || byCount(a, b));
  const seen = new Set<string>();
  const chosen = sorted.filter(({ now }, index) => {
    const isFirst = !seen.has(now.name);
    seen.add(now.name);
    return isFirst || index < LARGE_COUNT;
  });
  return chosen.slice(0, FIGURES_MAX);
}

type Caption = (heat: Heat, isLarge: boolean) => string;

/** What stands beside a heatmap in numbers. */
function captionsOf({ columns, rows }: Answer, { voice }: Speaker): Caption {
  const at = (name: string): number => columns.indexOf(name);
  const byKey = new Map(
    rows.map((row) => [keyOf({ name: String(row[at('who')]), op: String(row[at('op')]) }), row]),
  );
  return (heat, isLarge) => {
    const row = byKey.get(keyOf(heat));
    if (row === undefined) return '';
    const measures = [...(isLarge ? ['latency_ns_p50'] : []), 'latency_ns_p99', 'latency_ns_max'];
    const parts = measures.map((name) => `${voice.column(name)} ${voice.value(name, row[at(name)] ?? null)}`);
    return parts.map((part) => part.replaceAll(' ', '\u00a0')).join('  ');
  };
}

function heatmap(
  { now, before }: Pair,
  frame: Frame,
  isLarge: boolean,
  caption: string,
  speaker: Speaker,
): Html {
  const { name, op } = now;
  const { word } = speaker;
  const past =
    frame.before === undefined
      ? nothing
      : plot(
          before ?? { name, op, op_count: 0, cells: [] },
          frame.before,
          frame.levels,
          'plot past',
          speaker,
          word('baseline'),
        );
  return html`<figure class="heat${isLarge ? ' large' : ''}${frame.before === undefined ? '' : ' two'}">
    <figcaption><b>${name}</b> <span>${op}</span> <small>${caption}</small></figcaption>
    ${past}${plot(now, frame.slots, frame.levels, 'plot', speaker)}${isLarge ? scale(frame.levels) : nothing}
  </figure> `;
}

function plot(
  heat: Heat,
  slots: Slots,
  levels: Levels,
  className: string,
  speaker: Speaker,
  label = '',
): Html {
  const height = levels.to - levels.from;
  const most = heat.cells.reduce((max, { op_count }) => Math.max(max, op_count), 1);
  const lines = decades(levels).map(({ at }) => `M0 ${(at * height).toFixed(2)}h${String(slots.count)}`);
  return html`<div class="${className}">
    <svg
      role="img"
      aria-label="${summary(heat, speaker)}"
      viewBox="0 0 ${slots.count} ${height}"
      preserveAspectRatio="none"
    >
      ${grid(slots, height)}
      <path class="grid" d="${lines.join('')}" />
      ${heatPaths(heat.cells, levels, most)}</svg
    >${label === '' ? nothing : html`<small class="phase">${label}</small>`}
  </div>`;
}

/** What somebody who does not see the picture is to know. */
function summary({ name, op, op_count, cells }: Heat, { word }: Speaker): string {
  if (cells.length === 0) return `${name} ${op}: ${word('rows.none')}`;
  const [low, high] = [quantile(cells, 0.1), quantile(cells, 0.9) + 1];
  const top = cells.reduce((max, { level }) => Math.max(max, level), 0);
  return word('heat', {
    name,
    op,
    count: formatCount(op_count),
    low: formatDuration(levelNs(low)),
    high: formatDuration(levelNs(high)),
    top: formatDuration(levelNs(top)),
  });
}

function quantile(cells: readonly HeatCell[], q: number): number {
  const sorted = cells.toSorted((a, b) => a.level - b.level);
  const total = sorted.reduce((sum, { op_count }) => sum + op_count, 0);
  let seen = 0;
  for (const { level, op_count } of sorted) {
    seen += op_count;
    if (seen >= q * total) return level;
  }
  return 0;
}

/** The height of a large heatmap in CSS pixels (page.css): its scale has letters, which must not be stretched. */
const LARGE_HEIGHT = 120;

const scale = (levels: Levels): Html =>
  html`<svg
    class="scale"
    width="56"
    height="${LARGE_HEIGHT}"
    viewBox="0 0 56 ${LARGE_HEIGHT}"
    aria-hidden="true"
  >
    ${decades(levels).map(
      ({ text, at }) => html`<text x="6" y="${(at * LARGE_HEIGHT + 4).toFixed(1)}">${text}</text>`,
    )}
  </svg>`;

const clocks = ({ slots, before }: Frame): Html =>
  html`<div class="clocks${before === undefined ? '' : ' two'}">
    ${before === undefined ? nothing : clock(before)}${clock(slots)}
  </div>`;
