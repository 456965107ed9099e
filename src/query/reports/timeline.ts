import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { wallUs } from '../../schema/units.ts';
import type { Filters, Window } from '../window.ts';
import { literal } from '../literal.ts';
import { WHO_NAME } from '../who.ts';

export const timelineGroups = ['container', 'op', 'device'] as const;
export type TimelineGroup = (typeof timelineGroups)[number];

export const timelineMetrics = ['p99', 'rate', 'bytes'] as const;
export type TimelineMetric = (typeof timelineMetrics)[number];

export type TimelineQuery = Filters & {
  readonly by: TimelineGroup;
  readonly metric: TimelineMetric;
  /** Slots the window is cut into, at most. */
  readonly slotCount: number;
  /** Rows to return. */
  readonly limit: number;
};

/** The window in equal slots; an interval belongs to the slot in which it ended. */
export type Slots = { readonly fromUs: WallUs; readonly widthUs: number; readonly count: number };

export type TimelineRow = {
  readonly name: string;
  /** A value for each slot: ns (p99), operations or bytes per second; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly max: number;
};

export type Timeline = {
  readonly slots: Slots;
  /** Whether anything was recorded in each slot. */
  readonly isRecorded: readonly boolean[];
  /** The group with the largest value first. */
  readonly rows: readonly TimelineRow[];
  readonly row_count: number;
};

/** Slots as narrow as whole seconds allow, that many at most. */
export function slotsOf({ fromUs, toUs }: Window, count: number): Slots {
  const widthUs = Math.max(1, Math.ceil((toUs - fromUs) / count / 1e6)) * 1e6;
  return { fromUs, widthUs, count: Math.ceil((toUs - fromUs) / widthUs) };
}

export const startOf = ({ fromUs, widthUs }: Slots, slot: number): WallUs => wallUs(fromUs + slot * widthUs);

/** The latency or load of each group, slot by slot. */
export function timeline(db: Db, query: TimelineQuery): Timeline {
  const slots = slotsOf(query.window, query.slotCount);
  const { recorded, cells } = db.transaction(() => ({
    recorded: db.prepare<[], number>(recordedSql(slots)).pluck().all(),
    cells: db.prepare<[], Cell>(timelineSql(query, slots)).all(),
  }))();
  const isRecorded = Array.from({ length: slots.count }, (_, slot) => recorded.includes(slot));
  const rows = rowsOf(cells, isRecorded, query.metric).toSorted((a, b) => b.max - a.max);
  return { slots, isRecorded, rows: rows.slice(0, query.limit), row_count: rows.length };
}

type Cell = { name: string | null; slot: number; value: number };

function rowsOf(
  cells: readonly Cell[],
  isRecorded: readonly boolean[],
  metric: TimelineMetric,
): TimelineRow[] {
  const bySlot = new Map<string, Map<number, number>>();
  for (const { name, slot, value } of cells) {
    const key = name ?? '(unknown)';
    const values = bySlot.get(key) ?? new Map<number, number>();
    bySlot.set(key, values.set(slot, value));
  }
  // Nothing done in a recorded slot is a rate of zero; it has no percentile.
  const empty = metric === 'p99' ? null : 0;
  return [...bySlot].map(([name, found]) => ({
    name,
    values: isRecorded.map((recorded, slot) => (recorded ? (found.get(slot) ?? empty) : null)),
    max: Math.max(...found.values()),
  }));
}

const slotOf = ({ fromUs, widthUs }: Slots): string =>
  `(ended_us - 1 - ${String(fromUs)}) / ${String(widthUs)}`;

const within = ({ fromUs, widthUs, count }: Slots): string =>
  `ended_us > ${String(fromUs)} AND ended_us <= ${String(fromUs + count * widthUs)}`;

const recordedSql = (slots: Slots): string =>
  `SELECT DISTINCT ${slotOf(slots)} AS slot FROM ledger WHERE ${within(slots)}`;

const NAMES: Readonly<Record<TimelineGroup, string>> = {
  container: WHO_NAME,
  op: 'op',
  device: 'device',
};

/** SQL of `timeline`: a row for each group and slot in which something happened. */
export function timelineSql(
  { by, metric, ops, container }: Pick<TimelineQuery, 'by' | 'metric' | 'ops' | 'container'>,
  slots: Slots,
): string {
  const where = [
    within(slots),
    ...(ops.length === 0 ? [] : [`op IN (${ops.map(literal).join(', ')})`]),
    ...(container === undefined ? [] : [`container = ${literal(container)}`]),
  ].join(' AND ');
  return metric === 'p99' ? p99Sql(slots, NAMES[by], where) : rateSql(slots, NAMES[by], where, metric);
}

/** P99 by nearest rank, the middle of its bucket: at most 6.25 % off. */
export const p99Sql = (slots: Slots, name: string, where: string): string => `WITH bucket AS (
  SELECT ${name} AS name, ${slotOf(slots)} AS slot, (latency_ns_lower + latency_ns_upper) / 2 AS middle,
    sum(op_count) AS op_count
  FROM latency WHERE ${where} GROUP BY 1, 2, 3),
ranked AS (
  SELECT name, slot, middle, sum(op_count) OVER (PARTITION BY name, slot ORDER BY middle) AS rank,
    sum(op_count) OVER (PARTITION BY name, slot) AS of
  FROM bucket)
SELECT name, slot, min(middle) AS value FROM ranked WHERE rank >= 99 * of / 100.0 GROUP BY name, slot
ORDER BY name, slot`;

const rateSql = (
  slots: Slots,
  name: string,
  where: string,
  metric: 'rate' | 'bytes',
): string => `WITH recorded AS (
  SELECT ${slotOf(slots)} AS slot, sum(ended_us - started_us) / 1e6 AS recorded_s
  FROM ledger WHERE ${within(slots)} GROUP BY slot),
done AS (
  SELECT ${name} AS name, ${slotOf(slots)} AS slot, sum(${metric === 'rate' ? 'op_count' : 'size_bytes_sum'}) AS amount
  FROM operations WHERE ${where} GROUP BY 1, 2)
SELECT name, slot, amount / recorded_s AS value FROM done JOIN recorded USING (slot) ORDER BY name, slot`;
