import { BUCKET_MIDDLE_SQL } from '../../schema/buckets.ts';
import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { wallUs } from '../../schema/units.ts';
import type { Filters, Window } from '../window.ts';
import { chosenOps } from '../window.ts';
import { literal } from '../literal.ts';
import { WHO_NAME } from '../who.ts';

export const timelineGroups = ['container', 'op', 'device'] as const;
export type TimelineGroup = (typeof timelineGroups)[number];

export const timelineMetrics = ['p99', 'rate', 'bytes'] as const;
export type TimelineMetric = (typeof timelineMetrics)[number];

export type TimelineQuery = Omit<Filters, 'classes'> & {
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

/** That many slots at most, of whole seconds, none narrower than the intervals recorded. */
export function slotsOf(db: Db, { fromUs, toUs }: Window, count: number): Slots {
  const longest = db
    .prepare<[number, number], number | null>(
      'SELECT max(ended_us - started_us) FROM ledger WHERE ended_us > ? AND ended_us <= ?',
    )
    .pluck()
    .get(fromUs, toUs);
  const width = Math.max(1e6, (toUs - fromUs) / count, longest ?? 0);
  // An interval of five seconds lasts a few milliseconds longer.
  const widthUs = Math.max(1, Math.ceil(width / 1e6 - 0.1)) * 1e6;
  return { fromUs, widthUs, count: Math.ceil((toUs - fromUs) / widthUs) };
}

export const startOf = ({ fromUs, widthUs }: Slots, slot: number): WallUs => wallUs(fromUs + slot * widthUs);

/** The latency or load of each group, slot by slot. */
export function timeline(db: Db, query: TimelineQuery): Timeline {
  const slots = slotsOf(db, query.window, query.slotCount);
  const cgroups = query.container === undefined ? undefined : `container = ${literal(query.container)}`;
  const { recorded, cells } = db.transaction(() => ({
    recorded: db.prepare<[], number>(recordedSql(slots)).pluck().all(),
    cells: db.prepare<[], Cell>(timelineSql({ ...query, ops: chosenOps(query), cgroups }, slots)).all(),
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

const slotOf = ({ fromUs, widthUs }: Slots, ended: string): string =>
  `(${ended} - 1 - ${String(fromUs)}) / ${String(widthUs)}`;

/** Whether all intervals of a span belong to one slot. */
const isInOne = (slots: Slots, span: string): string => {
  const { fromUs, widthUs, count } = slots;
  return `${span}.ended_us_min > ${String(fromUs)} AND ${span}.ended_us_max <= ${String(fromUs + count * widthUs)}
    AND ${slotOf(slots, `${span}.ended_us_min`)} = ${slotOf(slots, `${span}.ended_us_max`)}`;
};

/** The longest spans that belong to a slot, each interval in one of them. */
export const slotsSql = (slots: Slots): string => `slots AS MATERIALIZED (
  SELECT span_id, ${slotOf(slots, 'ended_us_max')} AS slot, recorded_us
  FROM spans
  WHERE ${isInOne(slots, 'spans')}
    AND NOT EXISTS (SELECT 1 FROM spans AS whole WHERE whole.span_id = spans.parent_id
    AND ${isInOne(slots, 'whole')}))`;

const recordedSql = (slots: Slots): string => `WITH ${slotsSql(slots)} SELECT DISTINCT slot FROM slots`;

/** SQL of what a line is called, and the view that names it. */
const NAMES: Readonly<
  Record<TimelineGroup, { readonly name: string; readonly key: string; readonly join: string }>
> = {
  container: { name: WHO_NAME, key: ', cgroup_key', join: ' LEFT JOIN cgroups USING (cgroup_key)' },
  op: { name: 'op', key: '', join: '' },
  device: { name: 'device', key: ', device_key', join: ' LEFT JOIN devices USING (device_key)' },
};

/** What a timeline shows, and of what. */
export type TimelineOf = Pick<TimelineQuery, 'by' | 'metric' | 'ops'> & {
  /** SQL condition on the view cgroups. */
  readonly cgroups?: string | undefined;
};

/** SQL of `timeline`: a row for each group and slot in which something happened. */
export function timelineSql({ by, metric, ops, cgroups }: TimelineOf, slots: Slots): string {
  const { name: whose, key, join } = NAMES[by];
  // Latencies of different operations in one percentile would say nothing: each has its own line.
  const name = metric === 'p99' && by !== 'op' && ops.length !== 1 ? `${whose} || ' ' || op` : whose;
  const conditions = [
    'span_id IN (SELECT span_id FROM slots)',
    ...(ops.length === 0
      ? []
      : [`op_id IN (SELECT op_id FROM ops WHERE op IN (${ops.map(literal).join(', ')}))`]),
    ...(cgroups === undefined ? [] : [`cgroup_key IN (SELECT cgroup_key FROM cgroups WHERE ${cgroups})`]),
  ].join('\n    AND ');
  const part = (keys: string, sum: string, view: string): string => `WITH ${slotsSql(slots)},
part AS MATERIALIZED (
  SELECT slot, op_id${keys}, ${sum}
  FROM ${view} JOIN slots USING (span_id)
  WHERE ${conditions}
  GROUP BY slot, op_id${keys}),
`;
  const from = `part JOIN ops USING (op_id)${join}`;
  return metric === 'p99'
    ? part(`${key}, bucket`, 'sum(op_count) AS op_count', 'span_latency') + p99Sql(name, from)
    : part(key, `sum(${metric === 'rate' ? 'op_count' : 'size_bytes_sum'}) AS amount`, 'span_operations') +
        rateSql(name, from);
}

/** P99 by nearest rank, the middle of its bucket. */
const p99Sql = (name: string, from: string): string => `named AS (
  SELECT ${name} AS name, slot, bucket, sum(op_count) AS op_count FROM ${from} GROUP BY 1, 2, 3),
ranked AS (
  SELECT name, slot, bucket,
    sum(op_count) OVER (PARTITION BY name, slot ORDER BY bucket) AS rank,
    sum(op_count) OVER (PARTITION BY name, slot) AS of
  FROM named)
SELECT name, slot, min(${BUCKET_MIDDLE_SQL}) AS value
FROM ranked WHERE rank >= 99 * of / 100.0 GROUP BY name, slot ORDER BY name, slot`;

const rateSql = (name: string, from: string): string => `recorded AS (
  SELECT slot, sum(recorded_us) / 1e6 AS recorded_s FROM slots GROUP BY slot)
SELECT ${name} AS name, slot, sum(amount) / recorded_s AS value
FROM ${from} JOIN recorded USING (slot) GROUP BY ${name}, slot ORDER BY name, slot`;
