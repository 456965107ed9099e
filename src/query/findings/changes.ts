import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { wallUs } from '../../schema/units.ts';
import { literal } from '../literal.ts';
import type { Slots } from '../reports/timeline.ts';
import { slotsSql } from '../reports/timeline.ts';
import { WHO_NAME } from '../who.ts';
import type { Window } from '../window.ts';
import type { Periods } from './sql.ts';
import { isOneOf } from './sql.ts';
import { thresholds } from './thresholds.ts';

/** Something that left its usual range for a while. */
export type Change = Window & {
  readonly who: string;
  readonly op: string;
  /** When it left its range, be it before the window. */
  readonly leftUs: WallUs;
  /** Whether it is back in its range before the recording ends. */
  readonly isOver: boolean;
  /** Waiting beyond the usual, ns in all; of bytes as much as they are worth. */
  readonly excess_ns: number;
};

/** What is watched: waits, and bytes that programs read and write. */
const WATCHED = ['fsync', 'read', 'write', 'open', 'close', 'copy_up', 'block_write', 'block_read'];
const MOVES_BYTES = ['read', 'write', 'block_write', 'block_read'];
const IS_LOAD_ONLY = ['block_write', 'block_read'];

const SLOTS_MAX = 300;
const FINE_SLOTS_MAX = 50;
/** Slots that may hide a burst looked into, those with the longest operations first. */
const BURSTS_MAX = 4;
const INCIDENTS_MAX = 5;
/** Lengths of slots, s: those of the longer spans, and what divides a minute. */
const WIDTHS_S = [1, 2, 5, 10, 30, 60, 600, 3600, 21_600, 86_400];
/** Who waits for the first time is rather the cause than the victim. */
const WEIGHT_OF_NEW = 0.2;
/** What a byte beyond the usual is worth beside a nanosecond of waiting: 1 GiB/s is a second a second. */
const NS_OF_BYTE = 1;
const WEIGHT_OF_LOAD = 0.05;

type Cell = {
  who: string;
  op: string;
  slot: number;
  wait_ns: number;
  size_bytes: number;
  longest_ns: number;
};

type Series = { readonly who: string; readonly op: string; readonly cells: ReadonlyMap<number, Cell> };

type Range = { readonly wait_ns_per_s: number; readonly size_bytes_per_s: number };

/**
 * When something left its range in the window, and came back, the worst first: each incident is what left it at the same
 * time, under the name of what did most. The usual is that of the quieter quarter of the baseline and the window
 * together. Long windows are looked at in the longest spans stored, and only about a change in shorter ones.
 */
export function changesIn(db: Db, { window, baseline }: Periods, container?: string): Change[] {
  const recorded = recordedIn(db, { fromUs: baseline.fromUs, toUs: window.toUs });
  if (!recorded) return [];
  const slots = slotsWithin(db, recorded, SLOTS_MAX);
  const seconds = secondsOf(db, slots);
  const watched = seriesOf(db, slots, container).map((series) => ({
    series,
    usual: rangeOf(series, seconds),
  }));
  const runs = watched.flatMap(({ series, usual }) =>
    runsOf(series, usual, slots, seconds).map((run) => ({ series, usual, ...run })),
  );
  const found = [...runs, ...burstsIn(db, slots, watched, runs)];
  const incidents = together(found, slots.widthUs).slice(0, INCIDENTS_MAX);
  return incidents.flatMap((parts) => {
    const worst = worstOf(parts);
    if (!worst) return [];
    const { fromUs, toUs } = refined(db, slots, worst);
    const isInWindow = toUs > window.fromUs && fromUs < window.toUs;
    if (!isInWindow) return [];
    return [
      {
        ...{ who: worst.series.who, op: worst.series.op, excess_ns: worst.excess_ns },
        leftUs: fromUs,
        fromUs: wallUs(Math.max(fromUs, window.fromUs)),
        toUs: wallUs(Math.min(toUs, window.toUs)),
        isOver: toUs + slots.widthUs <= recorded.toUs,
      },
    ];
  });
}

/** What of the window lies within the recording. */
export function recordedIn(db: Db, { fromUs, toUs }: Window): Window | undefined {
  const row = db
    .prepare<[number, number], { first: number | null; last: number | null }>(
      `SELECT min(started_us_min) AS first, max(ended_us_max) AS last FROM spans
       WHERE parent_id IS NULL AND ended_us_max > ? AND started_us_min < ?`,
    )
    .get(fromUs, toUs);
  if (row?.first == null || row.last === null) return undefined;
  return { fromUs: wallUs(Math.max(fromUs, row.first)), toUs: wallUs(Math.min(toUs, row.last)) };
}

/** The window in no more than so many slots that begin where stored spans do, none shorter than an interval. */
function slotsWithin(db: Db, { fromUs, toUs }: Window, max: number): Slots {
  const longest = db
    .prepare<[number, number], number | null>(
      'SELECT max(interval_ms) / 1e3 FROM session WHERE started_us < ? AND max(alive_us, ifnull(ended_us, 0)) >= ?',
    )
    .pluck()
    .get(toUs, fromUs);
  const isEnough = (width: number): boolean =>
    width >= (longest ?? 0) && (toUs - fromUs) / 1e6 / width <= max;
  const widthUs = (WIDTHS_S.find(isEnough) ?? 86_400) * 1e6;
  const first = wallUs(Math.floor(fromUs / widthUs) * widthUs);
  return { fromUs: first, widthUs, count: Math.ceil((toUs - first) / widthUs) };
}

/** Seconds recorded in each slot. */
function secondsOf(db: Db, slots: Slots): ReadonlyMap<number, number> {
  const rows = db
    .prepare<[], { slot: number; recorded_s: number }>(
      `WITH ${slotsSql(slots)} SELECT slot, sum(recorded_us) / 1e6 AS recorded_s FROM slots GROUP BY slot`,
    )
    .all();
  return new Map(rows.map(({ slot, recorded_s }) => [slot, recorded_s]));
}

function seriesOf(db: Db, slots: Slots, container?: string, of?: Pick<Series, 'who' | 'op'>): Series[] {
  const rows = db.prepare<[], Cell>(cellsSql(slots, container, of)).all();
  const byKey = new Map<string, Map<number, Cell>>();
  for (const row of rows) {
    const key = JSON.stringify([row.who, row.op]);
    const cells = byKey.get(key) ?? new Map<number, Cell>();
    byKey.set(key, cells.set(row.slot, row));
  }
  return [...byKey.values()].flatMap((cells) => {
    const [first] = cells.values();
    return first ? [{ who: first.who, op: first.op, cells }] : [];
  });
}

function cellsSql(slots: Slots, container: string | undefined, of?: Pick<Series, 'who' | 'op'>): string {
  const whose = [
    ...(container === undefined ? [] : [`container = ${literal(container)}`]),
    ...(of === undefined ? [] : [`${WHO_NAME} = ${literal(of.who)}`]),
  ].join(' AND ');
  const cgroups = whose === '' ? '' : `AND cgroup_key IN (SELECT cgroup_key FROM cgroups WHERE ${whose})`;
  const ops = of === undefined ? WATCHED : [of.op];
  return `WITH ${slotsSql(slots)},
part AS MATERIALIZED (
  SELECT slot, op_id, cgroup_key, sum(latency_ns_sum) AS wait_ns, sum(size_bytes_sum) AS size_bytes,
    max(latency_ns_max) AS longest_ns
  FROM slots CROSS JOIN span_operations USING (span_id)
  WHERE op_id IN (SELECT op_id FROM ops WHERE ${isOneOf('op', ops)}) ${cgroups}
  GROUP BY slot, op_id, cgroup_key)
SELECT ${WHO_NAME} AS who, op, slot, sum(wait_ns) AS wait_ns, sum(size_bytes) AS size_bytes, max(longest_ns) AS longest_ns
FROM part JOIN ops USING (op_id) LEFT JOIN cgroups USING (cgroup_key)
GROUP BY 1, 2, 3`;
}

/** The usual of a series: the quieter quarter of the recorded slots is at or below it. */
function rangeOf({ cells }: Series, seconds: ReadonlyMap<number, number>): Range {
  const quarter = (value: (cell: Cell) => number): number => {
    const rates = [...seconds].map(([slot, recorded_s]) => {
      const cell = cells.get(slot);
      return cell ? value(cell) / recorded_s : 0;
    });
    return rates.toSorted((a, b) => a - b)[Math.floor((rates.length - 1) / 4)] ?? 0;
  };
  return {
    wait_ns_per_s: quarter(({ wait_ns }) => wait_ns),
    size_bytes_per_s: quarter(({ size_bytes }) => size_bytes),
  };
}

/** How far a cell is beyond its range, ns of waiting in all; 0 within it. */
function excessOf({ op, wait_ns, size_bytes }: Cell, usual: Range, recorded_s: number): number {
  const { grown_times, waiting_ns_per_s, written_bytes_per_s } = thresholds;
  const beyond = (amount: number, usually: number, least: number): number => {
    const rate = amount / recorded_s;
    return rate >= usually * grown_times.value && rate >= usually + least ? amount - usually * recorded_s : 0;
  };
  const waited = IS_LOAD_ONLY.includes(op) ? 0 : beyond(wait_ns, usual.wait_ns_per_s, waiting_ns_per_s.value);
  const moved = MOVES_BYTES.includes(op)
    ? beyond(size_bytes, usual.size_bytes_per_s, written_bytes_per_s.value) * NS_OF_BYTE * WEIGHT_OF_LOAD
    : 0;
  return waited * (usual.wait_ns_per_s === 0 ? WEIGHT_OF_NEW : 1) + moved;
}

type Run = Window & { readonly excess_ns: number };

/** Slots beyond the range, those next to each other as one; a slot within it between two does not part them. */
function runsOf(
  { cells }: Series,
  usual: Range,
  { fromUs, widthUs }: Slots,
  seconds: ReadonlyMap<number, number>,
): Run[] {
  const runs: Run[] = [];
  for (const [slot, recorded_s] of [...seconds].toSorted(([a], [b]) => a - b)) {
    const cell = cells.get(slot);
    // Of a slot that was hardly recorded a rate says nothing.
    const excess_ns = cell ? excessOf(cell, usual, Math.max(recorded_s, widthUs / 2e6)) : 0;
    const last = runs.at(-1);
    const startUs = fromUs + slot * widthUs;
    if (excess_ns === 0) continue;
    const toUs = wallUs(startUs + widthUs);
    if (last && startUs - last.toUs <= widthUs) {
      runs[runs.length - 1] = { fromUs: last.fromUs, toUs, excess_ns: last.excess_ns + excess_ns };
    } else runs.push({ fromUs: wallUs(startUs), toUs, excess_ns });
  }
  return runs;
}

type Part = Run & { readonly series: Series; readonly usual: Range };

/** The series that is most beyond its range, from its first run to its last. */
function worstOf(parts: readonly Part[]): Part | undefined {
  const bySeries = new Map<Series, Part>();
  for (const part of parts) {
    const known = bySeries.get(part.series);
    bySeries.set(part.series, {
      ...part,
      fromUs: wallUs(Math.min(part.fromUs, known?.fromUs ?? part.fromUs)),
      toUs: wallUs(Math.max(part.toUs, known?.toUs ?? part.toUs)),
      excess_ns: part.excess_ns + (known?.excess_ns ?? 0),
    });
  }
  return [...bySeries.values()].toSorted((a, b) => b.excess_ns - a.excess_ns)[0];
}

/**
 * What lies at the same time is one incident, and so is what is parted by less than it lasts; the worst first.
 */
function together(parts: readonly Part[], widthUs: number): Part[][] {
  const groups: { fromUs: number; toUs: number; parts: Part[] }[] = [];
  for (const part of parts.toSorted((a, b) => a.fromUs - b.fromUs)) {
    const last = groups.at(-1);
    const pauseUs = last ? Math.max(widthUs, Math.min(last.toUs - last.fromUs, part.toUs - part.fromUs)) : 0;
    if (last && part.fromUs <= last.toUs + pauseUs) {
      last.parts.push(part);
      last.toUs = Math.max(last.toUs, part.toUs);
    } else groups.push({ fromUs: part.fromUs, toUs: part.toUs, parts: [part] });
  }
  const worst = (members: readonly Part[]): number =>
    members.reduce((sum, { excess_ns }) => sum + excess_ns, 0);
  return groups.map((group) => group.parts).toSorted((a, b) => worst(b) - worst(a));
}

/** The same change in shorter slots: a long one is looked at about its ends. */
function refined(db: Db, slots: Slots, part: Part): Window {
  const { fromUs, toUs } = part;
  const { widthUs } = slots;
  if (toUs - fromUs <= 3 * widthUs) {
    const [most] = finerRuns(db, slots, part).toSorted((a, b) => b.excess_ns - a.excess_ns);
    return most ? refined(db, most.slots, { ...part, ...most }) : part;
  }
  const begins = refined(db, slots, { ...part, toUs: wallUs(fromUs + widthUs) });
  const ends = refined(db, slots, { ...part, fromUs: wallUs(toUs - widthUs) });
  return { fromUs: begins.fromUs, toUs: ends.toUs };
}

/** Where the series is beyond its range in slots shorter than these; empty where there are none. */
function finerRuns(db: Db, slots: Slots, part: Omit<Part, 'excess_ns'>): (Run & { readonly slots: Slots })[] {
  const around = { fromUs: wallUs(part.fromUs - slots.widthUs), toUs: wallUs(part.toUs + slots.widthUs) };
  const finer = slotsWithin(db, around, FINE_SLOTS_MAX);
  if (finer.widthUs >= slots.widthUs) return [];
  const [series] = seriesOf(db, finer, undefined, part.series);
  if (!series) return [];
  return runsOf(series, part.usual, finer, secondsOf(db, finer)).map((run) => ({ ...run, slots: finer }));
}

/** Bursts that slots average away: single operations far longer than the series' usual longest give them away. */
function burstsIn(
  db: Db,
  slots: Slots,
  watched: readonly Pick<Part, 'series' | 'usual'>[],
  runs: readonly Part[],
): Part[] {
  const isKnown = (series: Series, startUs: number): boolean =>
    runs.some((run) => run.series === series && run.fromUs <= startUs && startUs < run.toUs);
  const candidates = watched.flatMap(({ series, usual }) => {
    const cells = [...series.cells.values()];
    const usually =
      cells.map(({ longest_ns }) => longest_ns).toSorted((a, b) => a - b)[cells.length >> 1] ?? 0;
    return cells.flatMap(({ slot, longest_ns }) => {
      const fromUs = wallUs(slots.fromUs + slot * slots.widthUs);
      const isLong =
        longest_ns >= Math.max(thresholds.burst_latency_ns.value, usually * thresholds.slow_times.value);
      const toUs = wallUs(fromUs + slots.widthUs);
      return isLong && !isKnown(series, fromUs) ? [{ series, usual, fromUs, toUs, longest_ns }] : [];
    });
  });
  return candidates
    .toSorted((a, b) => b.longest_ns - a.longest_ns)
    .slice(0, BURSTS_MAX)
    .flatMap((part) =>
      finerRuns(db, slots, part).map(({ fromUs, toUs, excess_ns }) => ({ ...part, fromUs, toUs, excess_ns })),
    );
}
