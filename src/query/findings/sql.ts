import { literal } from '../literal.ts';
import type { Who } from '../who.ts';
import { WHO_NAME } from '../who.ts';
import type { Window } from '../window.ts';

/** What is asked about, and what it is compared with. */
export type Periods = { readonly window: Window; readonly baseline: Window };

/** What every query of a diagnosis depends on. */
export type Scope = {
  readonly periods: Periods;
  /** Whether anything was recorded in the baseline: if not, what was before is not known. */
  readonly hasBaseline: boolean;
  /** Whether opens and writes are traced: then what happens inside them is part of their time. */
  readonly hasFileIo: boolean;
  /** Exact container name whose waiting is asked about; `undefined`: everybody's. */
  readonly container: string | undefined;
};

/** An interval counts for the period in which it ended: in one, never in two. */
export const DURING = 'ended_us > from_us AND ended_us <= to_us';

/** The CTE `phase(phase, from_us, to_us, recorded_s)`: 'before' and 'window', each where it was recorded. */
export function prelude({ periods: { window, baseline } }: Scope): string {
  const row = (name: string, { fromUs, toUs }: Window): string =>
    `('${name}', ${String(fromUs)}, ${String(toUs)})`;
  return `WITH asked(phase, from_us, to_us) AS (VALUES ${row('before', baseline)}, ${row('window', window)}),
phase AS (
  SELECT phase, from_us, to_us, sum(ended_us - started_us) / 1e6 AS recorded_s
  FROM asked CROSS JOIN ledger ON ${DURING} GROUP BY phase, from_us, to_us)`;
}

/** Sum of an expression over the window. */
export const inWindow = (expression: string): string =>
  `ifnull(sum(${expression}) FILTER (WHERE phase = 'window'), 0)`;

/** The same over the baseline; NULL where nothing was recorded in it. */
export const inBaseline = ({ hasBaseline }: Scope, expression: string): string =>
  hasBaseline ? `ifnull(sum(${expression}) FILTER (WHERE phase = 'before'), 0)` : 'NULL';

/** Two columns: `before_NAME` and `NAME`. */
export const beside = (scope: Scope, name: string, expression: string): string =>
  `${inBaseline(scope, expression)} AS before_${name}, ${inWindow(expression)} AS ${name}`;

/** Two columns, quotients of two sums: `before_NAME` and `NAME`; NULL without anything to divide by. */
export const mean = (scope: Scope, name: string, sum: string, weight: string): string =>
  ['before', 'window']
    .map((phase) => {
      const column = `${phase === 'before' ? 'before_' : ''}${name}`;
      if (phase === 'before' && !scope.hasBaseline) return `NULL AS ${column}`;
      const filter = `FILTER (WHERE phase = '${phase}')`;
      return `sum(${sum}) ${filter} / nullif(sum(${weight}) ${filter}, 0) AS ${column}`;
    })
    .join(', ');

/** `op IN (…)`. */
export const isOneOf = (column: string, values: readonly string[]): string =>
  `${column} IN (${values.map(literal).join(', ')})`;

/**
 * The operations that match, in the window beside the baseline, in one row. Percentiles are by nearest rank over
 * buckets, the middle of the bucket, at most 6.25 % off, never above the longest latency: as `top` shows them. They are
 * kept per operation, cgroup and device: the condition may name no file or class.
 */
export function compareSql(scope: Scope, where: string): string {
  const column = (name: string, value: (phase: string) => string): string =>
    `  ${scope.hasBaseline ? value('before') : 'NULL'} AS before_${name},\n  ${value('window')} AS ${name}`;
  const total = (name: string): string =>
    column(name, (phase) => `ifnull((SELECT ${name} FROM total WHERE phase = '${phase}'), 0)`);
  const longest = (phase: string): string => `(SELECT latency_ns_max FROM total WHERE phase = '${phase}')`;
  const percentile = (percent: number): string =>
    column(`latency_ns_p${String(percent)}`, (phase) => {
      const reached = `phase = '${phase}' AND rank >= ${String(percent)} * of / 100.0`;
      return `min((SELECT min(middle) FROM ranked WHERE ${reached}), ${longest(phase)})`;
    });
  return `${prelude(scope)},
bucket AS (
  SELECT phase, (latency_ns_lower + latency_ns_upper) / 2 AS middle, sum(op_count) AS op_count
  FROM phase CROSS JOIN latency ON ${DURING}
  WHERE ${where} GROUP BY phase, middle),
ranked AS (
  SELECT phase, middle, sum(op_count) OVER (PARTITION BY phase ORDER BY middle) AS rank,
    sum(op_count) OVER (PARTITION BY phase) AS of
  FROM bucket),
total AS (
  SELECT phase, max(latency_ns_max) AS latency_ns_max, sum(op_count / recorded_s) AS ops_per_s,
    sum(latency_ns_sum / recorded_s) AS wait_ns_per_s
  FROM phase CROSS JOIN operations ON ${DURING}
  WHERE ${where} GROUP BY phase)
SELECT
${[total('ops_per_s'), total('wait_ns_per_s'), ...[50, 95, 99].map(percentile), column('latency_ns_max', longest)].join(',\n')}`;
}

/** A table of operations, by what, of which of them. */
export type Table = {
  readonly by: readonly (keyof typeof GROUPED_BY)[];
  /** SQL condition. */
  readonly where: string;
  /** What it is ordered by, and shares are of. */
  readonly measure: 'wait' | 'bytes' | 'ops';
  readonly limit?: number;
};

/** SQL of what a table can be grouped by. */
const GROUPED_BY = {
  who: WHO_NAME,
  op: 'op',
  variant: 'variant',
  class: 'class',
  place: 'place',
  device: 'device',
  process: 'process',
  file: "ifnull(file, '(unknown)')",
  host_path: 'host_path',
} as const;

/** The groups of the operations that match, the largest first, each with its share of all that match. */
export function tableSql(scope: Scope, { by, where, measure, limit = 5 }: Table): string {
  const name = { wait: 'wait_ns_per_s', bytes: 'size_bytes_per_s', ops: 'ops_per_s' }[measure];
  const rate = (each: string, sum: string): string => beside(scope, each, `${sum} / recorded_s`);
  const columns = [
    ...by.map((each) => `${GROUPED_BY[each]} AS ${each}`),
    rate('ops_per_s', 'op_count'),
    ...(measure === 'bytes' ? [rate('size_bytes_per_s', 'size_bytes_sum')] : []),
    rate('wait_ns_per_s', 'latency_ns_sum'),
    `sum(latency_ns_sum) FILTER (WHERE phase = 'window') / sum(op_count) FILTER (WHERE phase = 'window') AS latency_ns_mean`,
    `max(latency_ns_max) FILTER (WHERE phase = 'window') AS latency_ns_max`,
  ];
  return `${prelude(scope)},
part AS (
  SELECT ${columns.join(',\n    ')}
  FROM phase CROSS JOIN operations ON ${DURING}
  WHERE ${where}
  GROUP BY ${by.map((each) => GROUPED_BY[each]).join(', ')})
SELECT *, ${name} * 100.0 / nullif(sum(${name}) OVER (), 0) AS share_percent
FROM part ORDER BY ${name} DESC, 1 LIMIT ${String(limit)}`;
}

const COPY_UPS = ['copy_up', 'copy_up_dir'];
const SYNCS_IN_WRITES = ['o_sync', 'o_dsync'];

/**
 * Operations an application waits for, each once: a copy-up happens inside an open or a write, and the sync of O_SYNC
 * inside a write. iotrace's own are not among them.
 */
export function waitCondition({ hasFileIo, container }: Scope): string {
  const ops = ['fsync', 'read', 'write', 'open', 'close', ...(hasFileIo ? [] : COPY_UPS)];
  return [
    isOneOf('op', ops),
    "class <> 'iotrace'",
    ...(hasFileIo ? [`NOT (op = 'fsync' AND ${isOneOf("ifnull(variant, '')", SYNCS_IN_WRITES)})`] : []),
    ...(container === undefined ? [] : [`container = ${literal(container)}`]),
  ].join(' AND ');
}

/** The same of a row that was read already. */
export function isWait(
  { hasFileIo, container }: Scope,
  row: { readonly op: string; readonly variant: string | null; readonly class: string | null } & Who,
): boolean {
  const ops = ['fsync', 'read', 'write', 'open', 'close', ...(hasFileIo ? [] : COPY_UPS)];
  const isInside = hasFileIo && row.op === 'fsync' && SYNCS_IN_WRITES.includes(row.variant ?? '');
  const isAsked = container === undefined || row.container === container;
  return ops.includes(row.op) && row.class !== 'iotrace' && !isInside && isAsked;
}

/** Where the waiting went: by whom and operation, those that grew most first. */
export function waitingSql(scope: Scope): string {
  const added = scope.hasBaseline ? 'max(0, wait_ns_per_s - before_wait_ns_per_s)' : 'wait_ns_per_s';
  return `${prelude(scope)},
wait AS (
  SELECT ${WHO_NAME} AS who, op, ${beside(scope, 'ops_per_s', 'op_count / recorded_s')},
    ${beside(scope, 'wait_ns_per_s', 'latency_ns_sum / recorded_s')}
  FROM phase CROSS JOIN operations ON ${DURING}
  WHERE ${waitCondition(scope)}
  GROUP BY ${WHO_NAME}, op)
SELECT *, ${added} AS added_ns_per_s, ${added} * 100.0 / nullif(sum(${added}) OVER (), 0) AS share_percent
FROM wait ORDER BY added_ns_per_s DESC, who LIMIT 8`;
}
