import { BUCKET_MIDDLE_SQL } from '../../../schema/buckets.ts';
import type { DiagnosisScope } from '../../findings/sql.ts';
import { beside, doneSql, keyed, mean } from '../../findings/sql.ts';
import { literal } from '../../literal.ts';
import { WHO_NAME } from '../../who.ts';
import type { Window } from '../../window.ts';
import type { Slots } from '../timeline.ts';
import { slotOf } from '../timeline.ts';

/** Rows of a table at most; what is longer says so. */
const ROWS_MAX = 200;

/** Ended in the window, as an operation or a sample. */
const during = ({ fromUs, toUs }: Window, column = 'ended_us'): string =>
  `${column} > ${String(fromUs)} AND ${column} <= ${String(toUs)}`;

/** SQL condition on columns of `Who` that picks a container; `undefined`: everybody. */
export const ofContainer = ({ container }: Pick<DiagnosisScope, 'container'>): string | undefined =>
  container === undefined ? undefined : `container = ${literal(container)}`;

/** How much everybody did of which operation and how long it took, in the window beside the baseline. */
export function whoSql(scope: DiagnosisScope, ops: readonly string[]): string {
  const and = ofContainer(scope);
  const percentile = (percent: number, phase: string): string =>
    `min(middle) FILTER (WHERE phase = '${phase}' AND rank >= ${String(percent)} * of / 100.0)`;
  const before = scope.hasBaseline ? percentile(99, 'before') : 'NULL';
  return `${doneSql(scope, ['cgroup_key'], { ops, ...(and === undefined ? {} : { and }) })},
total AS (
  SELECT ${WHO_NAME} AS who, op, ${beside(scope, 'ops_per_s', 'op_count / recorded_s')},
    ${beside(scope, 'wait_ns_per_s', 'latency_ns_sum / recorded_s')},
    nullif(sum(size_bytes_sum / recorded_s) FILTER (WHERE phase = 'window'), 0) AS size_bytes_per_s,
    nullif(sum(error_count) FILTER (WHERE phase = 'window'), 0) AS error_count,
    max(latency_ns_max) FILTER (WHERE phase = 'window') AS latency_ns_max
  FROM done GROUP BY 1, 2),
bucket AS (
${keyed('span_latency', ['cgroup_key', 'bucket'], 'sum(op_count) AS op_count', { ops })}),
ranked AS (
  SELECT phase, ${WHO_NAME} AS who, op, ${BUCKET_MIDDLE_SQL} AS middle,
    sum(sum(op_count)) OVER (PARTITION BY phase, ${WHO_NAME}, op ORDER BY bucket) AS rank,
    sum(sum(op_count)) OVER (PARTITION BY phase, ${WHO_NAME}, op) AS of
  FROM bucket JOIN ops USING (op_id) LEFT JOIN cgroups USING (cgroup_key)
  GROUP BY phase, 2, op, bucket),
percentile AS (
  SELECT who, op, ${before} AS before_latency_ns_p99, ${percentile(50, 'window')} AS latency_ns_p50,
    ${percentile(95, 'window')} AS latency_ns_p95, ${percentile(99, 'window')} AS latency_ns_p99
  FROM ranked GROUP BY who, op)
SELECT who, op, before_ops_per_s, ops_per_s, size_bytes_per_s, error_count, before_wait_ns_per_s, wait_ns_per_s,
  before_latency_ns_p99, min(latency_ns_p50, latency_ns_max) AS latency_ns_p50,
  min(latency_ns_p95, latency_ns_max) AS latency_ns_p95, min(latency_ns_p99, latency_ns_max) AS latency_ns_p99,
  latency_ns_max
FROM total LEFT JOIN percentile USING (who, op)
WHERE ops_per_s > 0 ORDER BY wait_ns_per_s DESC, who, op LIMIT ${String(ROWS_MAX)}`;
}

/** Files, by whom and operation, those waited for longest first. */
export function filesSql(scope: DiagnosisScope, ops: readonly string[]): string {
  const and = ofContainer(scope);
  return `${doneSql(scope, ['cgroup_key', 'process_key', 'file_key'], { ops, ...(and === undefined ? {} : { and }) })}
SELECT ${WHO_NAME} AS who, op, ifnull(file, '(unknown)') AS file, class, place, process,
  ${beside(scope, 'ops_per_s', 'op_count / recorded_s')},
  nullif(sum(size_bytes_sum / recorded_s) FILTER (WHERE phase = 'window'), 0) AS size_bytes_per_s,
  ${beside(scope, 'wait_ns_per_s', 'latency_ns_sum / recorded_s')},
  ${mean(scope, 'latency_ns_mean', 'latency_ns_sum', 'op_count')},
  max(latency_ns_max) FILTER (WHERE phase = 'window') AS latency_ns_max
FROM done GROUP BY 1, op, 3, process
HAVING wait_ns_per_s > 0 ORDER BY wait_ns_per_s DESC LIMIT ${String(ROWS_MAX)}`;
}

/** The slowest single operations of the window. */
export function slowestSql(scope: DiagnosisScope): string {
  const and = ofContainer(scope);
  return `SELECT ended_us, ${WHO_NAME} AS who, op, variant, file, process, pid, device, nullif(size_bytes, 0) AS size_bytes,
  latency_ns, nullif(error, 0) AS error
FROM slow WHERE ${during(scope.periods.window)}${and === undefined ? '' : ` AND ${and}`}
ORDER BY latency_ns DESC LIMIT ${String(ROWS_MAX)}`;
}

/** What happened at one moment: copy-ups, lines of logs, failed requests, times nothing was recorded. */
export function eventsSql({ periods: { window } }: DiagnosisScope): string {
  const who = WHO_NAME;
  return `SELECT * FROM (
  SELECT ended_us AS at_us, 'copy_up' AS event, ${who} AS who, file AS subject, latency_ns, size_bytes
  FROM slow WHERE op = 'copy_up' AND ${during(window)}
  UNION ALL
  SELECT logged_us, 'kernel_log', device, message, NULL, NULL
  FROM kernel_log WHERE level <= 4 AND ${during(window, 'logged_us')}
  UNION ALL
  SELECT logged_us, 'runtime_log', unit, message, NULL, NULL
  FROM runtime_log WHERE ${during(window, 'logged_us')}
  UNION ALL
  SELECT ended_us, 'block_error', device, op || ' ' || status || ifnull(' ' || file, ''), NULL, size_bytes
  FROM block_errors WHERE ${during(window)}
  UNION ALL
  SELECT started_us, 'gap', NULL, detail, (ended_us - started_us) * 1000, NULL
  FROM loss WHERE kind = 'gap' AND ${during(window)}
  UNION ALL
  SELECT at_us, 'governor', NULL, detail, NULL, NULL
  FROM governor WHERE ${during(window, 'at_us')})
ORDER BY at_us LIMIT ${String(ROWS_MAX)}`;
}

/** The window that whole slots make. */
const spanned = ({ fromUs, widthUs, count }: Slots): string =>
  `ended_us > ${String(fromUs)} AND ended_us <= ${String(fromUs + widthUs * count)}`;

/** What the kernel's own counters say of each disk, slot by slot. */
export const diskSlotsSql = (slots: Slots): string => `SELECT device, ${slotOf(slots, 'ended_us')} AS slot,
  sum(busy_ms) * 1e5 / sum(elapsed_us) AS util_percent, sum(queue_ms) * 1e3 / sum(elapsed_us) AS queue_length,
  sum(read_latency_ms_sum + write_latency_ms_sum) * 1e6 / nullif(sum(read_count + write_count), 0) AS await_ns,
  sum(read_bytes + write_bytes) * 1e6 / sum(elapsed_us) AS size_bytes_per_s
FROM device_samples WHERE ${spanned(slots)} GROUP BY device, slot ORDER BY device, slot`;

/** Pressure and dirty memory of the host, slot by slot. */
export const hostSlotsSql = (slots: Slots): string => `SELECT ${slotOf(slots, 'ended_us')} AS slot,
  sum(io_some_us) * 100.0 / sum(elapsed_us) AS io_some_percent, sum(io_full_us) * 100.0 / sum(elapsed_us) AS io_full_percent,
  sum(memory_some_us) * 100.0 / sum(elapsed_us) AS memory_some_percent,
  sum(iowait_percent * elapsed_us) / sum(elapsed_us) AS iowait_percent,
  max(dirty_bytes + writeback_bytes) AS unwritten_bytes_max
FROM host_samples WHERE ${spanned(slots)} GROUP BY slot ORDER BY slot`;

/** The sessions that recorded in the window. */
export const sessionsSql = ({ fromUs, toUs }: Window): string =>
  `SELECT host, kernel_release, bpftrace_version, iotrace_version, interval_ms, slow_ns, started_us
FROM session WHERE started_us < ${String(toUs)} AND max(alive_us, ifnull(ended_us, 0)) >= ${String(fromUs)}
ORDER BY started_us`;
