import { overlapSql } from '../overlap.ts';
import type { Who } from '../who.ts';
import { WHO_COLUMNS, WHO_KEYS, WHO_NAME } from '../who.ts';
import type { DiagnosisScope } from './sql.ts';
import { beside, doneSql, DURING, inWindow, isOneOf, mean, phases, prelude } from './sql.ts';

/** The rows of every query, by its name. A `before_` column is null where the baseline was not recorded. */
export type FactRows = {
  readonly recorded: readonly { phase: string; recorded_s: number }[];
  readonly work: readonly WorkFact[];
  readonly devices: readonly DeviceFact[];
  readonly host: readonly HostFact[];
  readonly memory_limits: readonly MemoryLimitFact[];
  readonly limits: readonly LimitFact[];
  readonly filesystems: readonly FilesystemFact[];
  readonly upperdirs: readonly UpperdirFact[];
  readonly mounts: readonly MountFact[];
  readonly device_settings: readonly DeviceSettingsFact[];
  readonly kernel_log: readonly LogFact[];
  readonly deleted: readonly DeletedFact[];
  readonly no_space: readonly NoSpaceFact[];
  readonly containers: readonly { who: string; cgroup_path: string | null }[];
  readonly losses: readonly { kind: string; op: string | null }[];
  readonly io_cgroups: readonly { cgroup_path: string }[];
  readonly device_disks: readonly { device: string; disk: string }[];
  readonly device_numbers: readonly DeviceNumberFact[];
  readonly blame: readonly BlameFact[];
};
export type QueryName = keyof FactRows;

/** What one container did of one operation to one kind of file. */
export type WorkFact = Who & {
  who: string;
  op: string;
  variant: string | null;
  class: string | null;
  place: string | null;
  device: string | null;
  op_count: number;
  error_count: number;
  size_bytes_sum: number;
  latency_ns_max: number | null;
  before_ops_per_s: number | null;
  ops_per_s: number;
  before_size_bytes_per_s: number | null;
  size_bytes_per_s: number;
  before_wait_ns_per_s: number | null;
  wait_ns_per_s: number;
  before_inner_ns_per_s: number | null;
  inner_ns_per_s: number;
};

/** A disk as iostat sees it. */
export type DeviceFact = {
  device: string;
  before_util_percent: number | null;
  util_percent: number;
  util_percent_max: number;
  busy_s: number;
  before_queue_length: number | null;
  queue_length: number;
  queue_length_max: number;
  before_await_ns: number | null;
  await_ns: number | null;
  await_ns_max: number | null;
  before_requests_per_s: number | null;
  requests_per_s: number;
  before_size_bytes_per_s: number | null;
  size_bytes_per_s: number;
};

export type HostFact = {
  iowait_percent: number | null;
  io_some_percent: number | null;
  memory_some_percent: number | null;
  unwritten_bytes_max: number | null;
  dirty_limit_bytes: number | null;
  before_swap_bytes_per_s: number | null;
  swap_in_bytes_per_s: number | null;
  swap_out_bytes_per_s: number | null;
  swap_used_bytes_max: number | null;
};

/** Who ran into a memory limit, and how often. */
export type MemoryLimitFact = {
  who: string;
  memory_high_count: number | null;
  memory_max_count: number | null;
};

/** A limit, and what its cgroup did in an average second and in the busiest interval. */
export type LimitFact = Who & {
  who: string;
  limited_cgroup_path: string | null;
  device: string;
  read_bytes_per_s_max: number | null;
  write_bytes_per_s_max: number | null;
  reads_per_s_max: number | null;
  writes_per_s_max: number | null;
  read_bytes_per_s: number | null;
  write_bytes_per_s: number | null;
  reads_per_s: number | null;
  writes_per_s: number | null;
};

export type FilesystemFact = {
  mount_point: string;
  fs_type: string;
  device: string | null;
  holds: string;
  size_bytes: number;
  available_bytes: number;
  used_percent: number;
  inode_used_percent: number | null;
  inode_free_count: number | null;
  used_bytes_growth: number;
  inode_used_growth: number | null;
};

export type UpperdirFact = {
  who: string;
  namespace: string | null;
  pod: string | null;
  container: string | null;
  upperdir: string;
  file_count: number;
  is_complete: number;
};

export type MountFact = {
  mount_point: string;
  fs_type: string;
  device: string | null;
  atime: string;
  data_mode: string | null;
  has_barrier: number | null;
  container: string | null;
};

export type DeviceSettingsFact = {
  device: string;
  kind: string;
  scheduler: string | null;
  write_cache: string | null;
  is_rotational: number | null;
  wbt_latency_us: number | null;
  is_read_only: number | null;
};

/** A block device as the kernel and the shell name it. */
export type DeviceNumberFact = { device: string; number: string; path: string };

export type LogFact = {
  topic: string;
  device: string | null;
  level: number;
  message: string;
  first_at_us: number;
  last_at_us: number;
  line_count: number;
};

export type DeletedFact = {
  who: string;
  namespace: string | null;
  pod: string | null;
  container: string | null;
  process: string | null;
  pid: number | null;
  path: string;
  device: string | null;
  allocated_bytes: number;
};

/** Whose operations failed for want of space or inodes. */
export type NoSpaceFact = { who: string; op: string; file: string; error_count: number };

/** Whose I/O was in flight on the disks of somebody's slow operations while they lasted. */
export type BlameFact = {
  victim: string;
  op: string;
  culprit: string;
  slow_count: number;
  latency_ns_sum: number;
  /** Of that time, with the culprit's requests in flight. */
  overlap_ns_sum: number;
  share_percent: number;
};

const windowMax = (name: string, expression: string): string =>
  `max(${expression}) FILTER (WHERE phase = 'window') AS ${name}`;

const bounds = ({ periods: { window } }: DiagnosisScope) => ({
  from: String(window.fromUs),
  to: String(window.toUs),
});

/** States that held at some time of the window. */
const holding = (scope: DiagnosisScope): string =>
  `since_us < ${bounds(scope).to} AND until_us > ${bounds(scope).from}`;

const sampledIn = (scope: DiagnosisScope): string =>
  `sampled_us > ${bounds(scope).from} AND sampled_us <= ${bounds(scope).to}`;

/** The requests of a tick that took time: reads, writes, discards. */
const REQUESTS = '(read_count + write_count + ifnull(discard_count, 0))';
const REQUEST_MS = '(read_latency_ms_sum + write_latency_ms_sum + ifnull(discard_latency_ms_sum, 0))';

/** SQL of each fact; what is printed is what is run. */
export const queries: Readonly<Record<QueryName, (scope: DiagnosisScope) => string>> = {
  recorded: (scope) => `${prelude(scope)}
SELECT phase, recorded_s FROM phase`,

  work: (scope) => `${doneSql(scope, ['variant_id', 'cgroup_key', 'file_key'], { ops: [] })}
SELECT ${WHO_NAME} AS who, ${WHO_COLUMNS}, op, variant, class, place, device,
  ${inWindow('op_count')} AS op_count, ${inWindow('error_count')} AS error_count,
  ${inWindow('size_bytes_sum')} AS size_bytes_sum,
  ${windowMax('latency_ns_max', 'latency_ns_max')},
  ${beside(scope, 'ops_per_s', 'op_count / recorded_s')},
  ${beside(scope, 'size_bytes_per_s', 'size_bytes_sum / recorded_s')},
  ${beside(scope, 'wait_ns_per_s', 'latency_ns_sum / recorded_s')},
  ${beside(scope, 'inner_ns_per_s', 'inner_latency_ns_sum / recorded_s')}
FROM done
GROUP BY ${WHO_KEYS}, op, variant, class, place, device`,

  devices: (scope) => devicesSql(scope),

  host: (scope) => `${phases(scope)}
SELECT ${mean(scope, 'iowait_percent', 'iowait_percent * elapsed_us', 'elapsed_us')},
  ${mean(scope, 'io_some_percent', 'io_some_us * 100.0', 'elapsed_us')},
  ${mean(scope, 'memory_some_percent', 'memory_some_us * 100.0', 'elapsed_us')},
  ${windowMax('unwritten_bytes_max', 'dirty_bytes + writeback_bytes')}, ${windowMax('dirty_limit_bytes', 'dirty_limit_bytes')},
  ${mean(scope, 'swap_bytes_per_s', '(swap_in_bytes + swap_out_bytes) * 1e6', 'elapsed_us')},
  ${mean(scope, 'swap_in_bytes_per_s', 'swap_in_bytes * 1e6', 'elapsed_us')},
  ${mean(scope, 'swap_out_bytes_per_s', 'swap_out_bytes * 1e6', 'elapsed_us')},
  ${windowMax('swap_used_bytes_max', 'swap_used_bytes')}
FROM phase CROSS JOIN host_samples ON ${DURING}
HAVING count(*) FILTER (WHERE phase = 'window') > 0`,

  memory_limits: (scope) => `SELECT ${WHO_NAME} AS who,
  sum(memory_high_count) AS memory_high_count, sum(memory_max_count) AS memory_max_count
FROM container_samples
WHERE ended_us > ${bounds(scope).from} AND ended_us <= ${bounds(scope).to}
  AND (memory_high_count > 0 OR memory_max_count > 0)
GROUP BY who`,

  limits: (scope) => limitsSql(scope),

  filesystems: (scope) => filesystemsSql(scope),

  upperdirs: (scope) => upperdirsSql(scope),

  mounts: (scope) => mountsSql(scope),

  device_settings: (
    scope,
  ) => `SELECT device, kind, scheduler, write_cache, is_rotational, wbt_latency_us, is_read_only
FROM device_settings WHERE ${holding(scope)} GROUP BY device`,

  kernel_log: (scope) => logSql(scope),

  deleted: (scope) => `SELECT
  ifnull(ifnull(namespace || '/', '') || ifnull(pod || '/', '') || container, ifnull(cgroup_path, '(gone)')) AS who,
  namespace, pod, container, process, pid, path, device, allocated_bytes
FROM deleted
WHERE sampled_us = (SELECT max(sampled_us) FROM deleted WHERE ${sampledIn(scope)})
  AND device <> 'tmpfs'
ORDER BY allocated_bytes DESC LIMIT 100`,

  no_space: (scope) => noSpaceSql(scope),

  containers: () => `SELECT ${WHO_NAME} AS who, max(cgroup_path) AS cgroup_path FROM containers GROUP BY who`,

  losses: (scope) => `SELECT DISTINCT kind, op FROM loss
WHERE ended_us >= ${bounds(scope).from} AND started_us < ${bounds(scope).to}`,

  io_cgroups: (scope) => `SELECT DISTINCT cgroup_path FROM container_device_samples
WHERE ended_us > ${bounds(scope).from} AND ended_us <= ${bounds(scope).to}`,

  device_disks: () => 'SELECT device, disk FROM device_disks',

  device_numbers: () => 'SELECT device, number, path FROM device_numbers',

  blame: (scope) => blameSql(scope),
};

/** Disks in the window; with a condition, those that meet it. */
export function devicesSql(scope: DiagnosisScope, where = 'TRUE'): string {
  return `${phases(scope)}
SELECT device,
  ${mean(scope, 'util_percent', 'busy_ms * 1e5', 'elapsed_us')},
  ${windowMax('util_percent_max', 'util_percent')},
  ifnull(sum(elapsed_us / 1e6) FILTER (WHERE phase = 'window' AND util_percent >= 90), 0.0) AS busy_s,
  ${mean(scope, 'queue_length', 'queue_ms * 1e3', 'elapsed_us')},
  ${windowMax('queue_length_max', 'queue_length_mean')},
  ${mean(scope, 'await_ns', `${REQUEST_MS} * 1e6`, REQUESTS)},
  ${windowMax('await_ns_max', `${REQUEST_MS} * 1e6 / nullif(${REQUESTS}, 0)`)},
  ${mean(scope, 'requests_per_s', `${REQUESTS} * 1e6`, 'elapsed_us')},
  ${mean(scope, 'size_bytes_per_s', '(read_bytes + write_bytes) * 1e6', 'elapsed_us')}
FROM phase CROSS JOIN device_samples ON ${DURING}
WHERE ${where}
GROUP BY device HAVING count(*) FILTER (WHERE phase = 'window') > 0`;
}

/** The latest count of files in each writable layer. */
export const upperdirsSql = (scope: DiagnosisScope, where = 'TRUE'): string => `SELECT * FROM (
  SELECT ifnull(namespace || '/', '') || ifnull(pod || '/', '') || container AS who,
    namespace, pod, container, upperdir, file_count, is_complete, max(sampled_us) AS last_at_us
  FROM upperdirs WHERE sampled_us <= ${bounds(scope).to} GROUP BY upperdir)
WHERE ${where} ORDER BY file_count DESC LIMIT 100`;

/** The latest sample of each file system in the window, and what it grew by since the first. */
export const filesystemsSql = (scope: DiagnosisScope, where = 'TRUE'): string => `WITH sampled AS (
  SELECT *, used_bytes - first_value(used_bytes) OVER earlier AS used_bytes_growth,
    inode_used_count - first_value(inode_used_count) OVER earlier AS inode_used_growth,
    row_number() OVER (PARTITION BY mount_point ORDER BY sampled_us DESC) AS age
  FROM filesystems WHERE ${sampledIn(scope)} AND ${where}
  WINDOW earlier AS (PARTITION BY mount_point ORDER BY sampled_us))
SELECT mount_point, fs_type, device, holds, size_bytes, available_bytes, used_percent,
  inode_used_percent, inode_free_count, used_bytes_growth, inode_used_growth
FROM sampled WHERE age = 1 ORDER BY mount_point`;

/** Mounts that held in the window. */
export const mountsSql = (scope: DiagnosisScope, where = 'TRUE'): string =>
  `SELECT mount_point, fs_type, device, atime, data_mode, has_barrier, container
FROM mounts WHERE ${holding(scope)} AND ${where} GROUP BY mount_point`;

/** Operations that failed for want of space or inodes (ENOSPC, EDQUOT), of those kept as single events. */
export const noSpaceSql = (scope: DiagnosisScope): string =>
  `SELECT ${WHO_NAME} AS who, op, file, count(*) AS error_count FROM slow
WHERE ended_us > ${bounds(scope).from} AND ended_us <= ${bounds(scope).to} AND error IN (28, 122)
GROUP BY who, op, file ORDER BY error_count DESC LIMIT 5`;

/** Warnings and errors of the kernel's log in the window. */
export const logSql = (scope: DiagnosisScope): string => `SELECT topic, device, min(level) AS level, message,
  min(logged_us) AS first_at_us, max(logged_us) AS last_at_us, count(*) AS line_count
FROM kernel_log
WHERE logged_us > ${bounds(scope).from} AND logged_us <= ${bounds(scope).to} AND level <= 4
GROUP BY topic, device, message ORDER BY level, line_count DESC LIMIT 20`;

/**
 * I/O limits that held in the window, beside what their cgroup did in its busiest interval: of those during most of
 * which the limit was seen to hold, if there is one, because what was done without it may be any amount.
 */
export function limitsSql(scope: DiagnosisScope, where = 'TRUE'): string {
  const done = (name: string, column: string): string => {
    const rate = `${column} * 1e6 / elapsed_us`;
    const meanwhile = '(started_us + ended_us) / 2 BETWEEN limits.since_us AND limits.until_us';
    return `(SELECT coalesce(max(${rate}) FILTER (WHERE ${meanwhile}), max(${rate}))
    FROM container_device_samples AS done
    WHERE done.cgroup_path = limits.cgroup_path AND done.device = limits.device
      AND done.ended_us > ${bounds(scope).from} AND done.ended_us <= ${bounds(scope).to}) AS ${name}`;
  };
  return `WITH latest AS (
  SELECT *, max(since_us) FROM container_limits
  WHERE ${holding(scope)} AND device IS NOT NULL
    AND coalesce(read_bytes_per_s_max, write_bytes_per_s_max, reads_per_s_max, writes_per_s_max) IS NOT NULL
    AND ${where}
  GROUP BY cgroup_path, device),
held AS (
  SELECT ${WHO_NAME} AS who, ${WHO_COLUMNS}, cgroup_path AS limited_cgroup_path, device,
    read_bytes_per_s_max, write_bytes_per_s_max, reads_per_s_max, writes_per_s_max,
    ${done('read_bytes_per_s', 'read_bytes')},
    ${done('write_bytes_per_s', 'write_bytes')},
    ${done('reads_per_s', 'read_count')},
    ${done('writes_per_s', 'write_count')}
  FROM latest AS limits)
SELECT *, 100 * max(${['read_bytes_per_s', 'write_bytes_per_s', 'reads_per_s', 'writes_per_s']
    .map((name) => `ifnull(${name} / ${name}_max, 0)`)
    .join(', ')}) AS limit_percent
FROM held`;
}

/** Operations an application waits for of which single slow ones are kept. */
const WAITED_FOR = ['fsync', 'read', 'write', 'open', 'copy_up'];

/** Slow operations of the window by victim and operation, and whose requests were in flight meanwhile. */
export function blameSql(scope: DiagnosisScope, where = 'TRUE'): string {
  const { from, to } = bounds(scope);
  const slow = `ended_us > ${from} AND ended_us <= ${to} AND ${isOneOf('op', WAITED_FOR)}`;
  return `SELECT victim, op, culprit, slow_count, latency_ns_sum, overlap_ns_sum, share_percent FROM (
${overlapSql({ where: slow, isByVictim: true, isByDisk: false })})
WHERE ${where} LIMIT 100`;
}
