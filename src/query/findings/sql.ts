import { BUCKET_MIDDLE_SQL } from '../../schema/buckets.ts';
import { literal } from '../literal.ts';
import type { Who } from '../who.ts';
import { isWho, WHO_NAME } from '../who.ts';
import type { Window } from '../window.ts';

/** What is asked about, and what it is compared with. */
export type Periods = { readonly window: Window; readonly baseline: Window };

/** What every query of a diagnosis depends on. */
export type DiagnosisScope = {
  readonly periods: Periods;
  /** Whether anything was recorded in the baseline: if not, what was before is not known. */
  readonly hasBaseline: boolean;
  /** Whether opens and writes are traced: then what happens inside them is part of their time. */
  readonly hasFileIo: boolean;
  /** Exact container name whose waiting is asked about; `undefined`: everybody's. */
  readonly container: string | undefined;
};

/** A sample counts for the period in which it ended: in one, never in two. The window ends where an interval does. */
export const DURING = 'ended_us > from_us AND ended_us <= to_us';

const asked = (name: string, { periods: { window, baseline } }: DiagnosisScope): string => {
  const row = (phase: string, { fromUs, toUs }: Window): string =>
    `('${phase}', ${String(fromUs)}, ${String(toUs)})`;
  return `WITH ${name}(phase, from_us, to_us) AS (VALUES ${row('before', baseline)}, ${row('window', window)})`;
};

/** For samples: the CTE `phase(phase, from_us, to_us)`, 'before' and 'window'. */
export const phases = (scope: DiagnosisScope): string => asked('phase', scope);

/**
 * For operations: the CTEs `span`, the fewest spans that hold the intervals which ended in each period, and
 * `phase(phase, recorded_s)`, of what was recorded.
 */
export const prelude = (scope: DiagnosisScope): string => `${asked('asked', scope)},
inside AS MATERIALIZED (
  SELECT phase, span_id, parent_id, recorded_us FROM asked CROSS JOIN spans
  ON ended_us_min > from_us AND ended_us_max <= to_us),
span AS MATERIALIZED (
  SELECT phase, span_id, recorded_us FROM inside
  WHERE parent_id IS NULL OR parent_id NOT IN (SELECT span_id FROM inside)),
phase AS MATERIALIZED (SELECT phase, sum(recorded_us) / 1e6 AS recorded_s FROM span GROUP BY phase)`;

/** Which operations: of these names; of somebody; and what else names them. */
export type Pick = {
  /** Empty: all. */
  readonly ops: readonly string[];
  readonly who?: Who | undefined;
  /** SQL condition on the columns that are told apart. */
  readonly and?: string;
};

const SUMS = ['op_count', 'error_count', 'size_bytes_sum', 'latency_ns_sum', 'inner_latency_ns_sum'];

/** The views that name what a key stands for. */
const NAMES = {
  cgroup_key: 'LEFT JOIN cgroups USING (cgroup_key)',
  process_key: 'LEFT JOIN processes USING (process_key)',
  file_key: 'LEFT JOIN files USING (file_key)',
  device_key: 'LEFT JOIN devices USING (device_key)',
  variant_id: 'LEFT JOIN variants USING (op_id, variant_id)',
} as const;
export type Key = keyof typeof NAMES;

/** Rows of a span view by keys, each of one phase. */
export function keyed(view: string, keys: readonly string[], sums: string, { ops, who }: Pick): string {
  const ofOps =
    ops.length === 0 ? '' : `\n    AND op_id IN (SELECT op_id FROM ops WHERE ${isOneOf('op', ops)})`;
  const ofWho =
    who === undefined ? '' : `\n    AND cgroup_key IN (SELECT cgroup_key FROM cgroups WHERE ${isWho(who)})`;
  const all = ['op_id', ...keys].join(', ');
  const of = (phase: string): string => `  SELECT '${phase}' AS phase, ${all}, ${sums}
  FROM ${view}
  WHERE span_id IN (SELECT span_id FROM span WHERE phase = '${phase}')${ofOps}${ofWho}
  GROUP BY ${all}`;
  return `${of('before')}\n  UNION ALL\n${of('window')}`;
}

/** CTEs up to `done`: operations added up by these keys, with their names, beside `recorded_s` of their phase. */
export function doneSql(scope: DiagnosisScope, keys: readonly Key[], pick: Pick): string {
  const view = keys.includes('file_key') || keys.includes('process_key') ? 'span_files' : 'span_operations';
  const sums = [
    ...SUMS.map((name) => `sum(${name}) AS ${name}`),
    'max(latency_ns_max) AS latency_ns_max',
  ].join(', ');
  const names = keys.map((key) => NAMES[key]).join(' ');
  const where = pick.and === undefined ? '' : `\n  WHERE ${pick.and}`;
  return `${prelude(scope)},
part AS (
${keyed(view, keys, sums, pick)}),
done AS (
  SELECT * FROM part JOIN phase USING (phase) JOIN ops USING (op_id) ${names}${where})`;
}

/** Sum of an expression over the window. */
export const inWindow = (expression: string): string =>
  `ifnull(sum(${expression}) FILTER (WHERE phase = 'window'), 0)`;

/** The same over the baseline; NULL where nothing was recorded in it. */
const inBaseline = ({ hasBaseline }: DiagnosisScope, expression: string): string =>
  hasBaseline ? `ifnull(sum(${expression}) FILTER (WHERE phase = 'before'), 0)` : 'NULL';

/** Two columns: `before_NAME` and `NAME`. */
export const beside = (scope: DiagnosisScope, name: string, expression: string): string =>
  `${inBaseline(scope, expression)} AS before_${name}, ${inWindow(expression)} AS ${name}`;

/** Two columns, quotients of two sums: `before_NAME` and `NAME`; NULL without anything to divide by. */
export const mean = (scope: DiagnosisScope, name: string, sum: string, weight: string): string =>
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
 * buckets, the middle of the bucket, never above the longest latency: as `top` shows them. They are
 * kept per operation, cgroup and device: what is picked may name no file or class.
 */
export function compareSql(scope: DiagnosisScope, pick: Omit<Pick, 'and'>): string {
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
  return `${doneSql(scope, [], pick)},
total AS (
  SELECT phase, max(latency_ns_max) AS latency_ns_max, sum(op_count) AS op_count,
    sum(op_count / recorded_s) AS ops_per_s, sum(latency_ns_sum / recorded_s) AS wait_ns_per_s
  FROM done GROUP BY phase),
bucket AS (
${keyed('span_latency', ['bucket'], 'sum(op_count) AS op_count', pick)}),
ranked AS (
  SELECT phase, ${BUCKET_MIDDLE_SQL} AS middle,
    sum(sum(op_count)) OVER (PARTITION BY phase ORDER BY bucket) AS rank,
    sum(sum(op_count)) OVER (PARTITION BY phase) AS of
  FROM bucket GROUP BY phase, bucket)
SELECT
${[...['op_count', 'ops_per_s', 'wait_ns_per_s'].map(total), ...[50, 95, 99].map(percentile), column('latency_ns_max', longest)].join(',\n')}`;
}

/** A table of operations, by what, of which of them. */
export type Table = {
  readonly by: readonly (keyof typeof GROUPED_BY)[];
  readonly of: Pick;
  /** What it is ordered by, and shares are of. */
  readonly measure: 'wait' | 'bytes' | 'ops';
  readonly limit?: number;
};

/** What a table can be grouped by, and the key that tells it. */
const GROUPED_BY: Readonly<
  Record<
    'who' | 'op' | 'variant' | 'class' | 'place' | 'device' | 'process' | 'file',
    { readonly sql: string; readonly key?: Key }
  >
> = {
  who: { sql: WHO_NAME, key: 'cgroup_key' },
  op: { sql: 'op' },
  variant: { sql: 'variant', key: 'variant_id' },
  class: { sql: 'class', key: 'file_key' },
  place: { sql: 'place', key: 'file_key' },
  device: { sql: 'device', key: 'device_key' },
  process: { sql: 'process', key: 'process_key' },
  file: { sql: "ifnull(file, '(unknown)')", key: 'file_key' },
};

/** The keys of the columns a condition names. */
const keysNamed = (condition: string): Key[] =>
  Object.entries(GROUPED_BY).flatMap(([name, { key }]) =>
    key !== undefined &&
    new RegExp(`\\b(${name === 'who' ? 'container|cgroup_path' : name})\\b`, 'u').test(condition)
      ? [key]
      : [],
  );

/** The groups of the operations that match, the largest first, each with its share of all that match. */
export function tableSql(scope: DiagnosisScope, { by, of, measure, limit = 5 }: Table): string {
  const name = { wait: 'wait_ns_per_s', bytes: 'size_bytes_per_s', ops: 'ops_per_s' }[measure];
  const rate = (each: string, sum: string): string => beside(scope, each, `${sum} / recorded_s`);
  const columns = [
    ...by.map((each) => `${GROUPED_BY[each].sql} AS ${each}`),
    rate('ops_per_s', 'op_count'),
    ...(measure === 'bytes' ? [rate('size_bytes_per_s', 'size_bytes_sum')] : []),
    rate('wait_ns_per_s', 'latency_ns_sum'),
    `sum(latency_ns_sum) FILTER (WHERE phase = 'window') / sum(op_count) FILTER (WHERE phase = 'window') AS latency_ns_mean`,
    `max(latency_ns_max) FILTER (WHERE phase = 'window') AS latency_ns_max`,
  ];
  const keys = [...by.flatMap((each) => GROUPED_BY[each].key ?? []), ...keysNamed(of.and ?? '')];
  return `${doneSql(scope, withoutTwoDevices(keys), of)},
grouped AS (
  SELECT ${columns.join(',\n    ')}
  FROM done GROUP BY ${by.map((each) => GROUPED_BY[each].sql).join(', ')})
SELECT *, ${name} * 100.0 / nullif(sum(${name}) OVER (), 0) AS share_percent
FROM grouped WHERE ${name} > 0 ORDER BY ${name} DESC, 1 LIMIT ${String(limit)}`;
}

/** Each key once; where files are told apart, the device is the file's. */
function withoutTwoDevices(keys: readonly Key[]): Key[] {
  const isByFile = keys.includes('file_key') || keys.includes('process_key');
  return [...new Set(keys.map((key) => (isByFile && key === 'device_key' ? 'file_key' : key)))];
}

const COPY_UPS = ['copy_up', 'copy_up_dir'];
const SYNCS_IN_WRITES = ['o_sync', 'o_dsync'];

/**
 * Operations an application waits for, each once: a copy-up happens inside an open or a write, and the sync of O_SYNC
 * inside a write.
 */
const waitingOps = ({ hasFileIo }: DiagnosisScope): string[] => [
  ...['fsync', 'read', 'write', 'open', 'close'],
  ...(hasFileIo ? [] : COPY_UPS),
];

/** Whether it is the waiting asked about. */
export const isAsked = ({ container }: DiagnosisScope, who: Who): boolean =>
  container === undefined || who.container === container;

/** Whether somebody waited for this. */
export function isWait(
  scope: DiagnosisScope,
  row: Who & { readonly op: string; readonly variant: string | null },
): boolean {
  const { op, variant } = row;
  const isInside = scope.hasFileIo && op === 'fsync' && SYNCS_IN_WRITES.includes(variant ?? '');
  return waitingOps(scope).includes(op) && !isInside && isAsked(scope, row);
}

/** Where the waiting went: by whom and operation, those that grew most first. */
export function waitingSql(scope: DiagnosisScope): string {
  const conditions = [
    ...(scope.hasFileIo ? [`NOT (op = 'fsync' AND ${isOneOf("ifnull(variant, '')", SYNCS_IN_WRITES)})`] : []),
    ...(scope.container === undefined ? [] : [`container = ${literal(scope.container)}`]),
  ];
  const and = conditions.length === 0 ? {} : { and: conditions.join(' AND ') };
  const added = scope.hasBaseline ? 'max(0, wait_ns_per_s - before_wait_ns_per_s)' : 'wait_ns_per_s';
  return `${doneSql(scope, ['cgroup_key', 'variant_id'], { ops: waitingOps(scope), ...and })},
wait AS (
  SELECT ${WHO_NAME} AS who, op, ${beside(scope, 'ops_per_s', 'op_count / recorded_s')},
    ${beside(scope, 'wait_ns_per_s', 'latency_ns_sum / recorded_s')}
  FROM done GROUP BY ${WHO_NAME}, op)
SELECT *, ${added} AS added_ns_per_s, ${added} * 100.0 / nullif(sum(${added}) OVER (), 0) AS share_percent
FROM wait WHERE ${added} > 0 ORDER BY added_ns_per_s DESC, who LIMIT 8`;
}
