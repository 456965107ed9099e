import type { BucketCount } from '../../schema/buckets.ts';
import { quantileNs } from '../../schema/buckets.ts';
import type { Db } from '../../schema/open.ts';
import { operationNames } from '../../schema/probes/index.ts';
import type { Filters } from '../window.ts';
import { narrowing } from '../window.ts';

export const dimensions = ['container', 'pod', 'cgroup', 'process', 'file', 'device', 'sync_kind'] as const;
export type Dimension = (typeof dimensions)[number];

export const topSorts = ['latency', 'p99', 'max', 'ops', 'bytes'] as const;
export type TopSort = (typeof topSorts)[number];

export type TopQuery = Filters & {
  /** At least one. */
  readonly by: readonly Dimension[];
  readonly sort: TopSort;
  /** Rows to return. */
  readonly limit: number;
};

/** One operation of one group. Its keys and their order are a contract: outside programs read them. */
export type TopRow = Group & {
  op_count: number;
  error_count: number;
  size_bytes_sum: number;
  latency_ns_sum: number;
  latency_ns_p50: number | null;
  latency_ns_p95: number | null;
  latency_ns_p99: number | null;
  latency_ns_max: number;
};

type Group = {
  container: string | null;
  pod: string | null;
  namespace: string | null;
  cgroup_path: string | null;
  process: string | null;
  pid: number | null;
  file: string | null;
  host_path: string | null;
  device: string | null;
  op: string;
  sync_kind: string | null;
};

export type Top = {
  readonly rows: readonly TopRow[];
  /** How many rows there are without the limit. */
  readonly row_count: number;
};

/** What each key of a row means, in the order of the contract; docs/cli.md is made from it. */
export const topColumns = [
  ['container', 'container name; null outside containers'],
  ['pod', 'Kubernetes pod name'],
  ['namespace', 'Kubernetes namespace'],
  ['cgroup_path', 'path of the cgroup below the cgroup2 mount'],
  ['process', 'process name'],
  ['pid', 'process id in the initial pid namespace'],
  ['file', 'path as the container sees it (outside containers: as the host does)'],
  ['host_path', 'path on the host, where it is known'],
  ['device', "device the file's data is on; for block operations the disk"],
  ['op', `operation: ${operationNames.join(', ')}`],
  [
    'sync_kind',
    'with `--by sync_kind`: fsync, fdatasync, msync, o_sync, o_dsync, …; null for other operations',
  ],
  ['op_count', 'number of operations'],
  ['error_count', 'how many of them failed'],
  ['size_bytes_sum', 'bytes moved by them'],
  ['latency_ns_sum', 'sum of their latencies, ns'],
  ['latency_ns_p50', 'median latency, ns, within 6.25 %; null when grouped by process or file'],
  ['latency_ns_p95', '95th percentile, ns, within 6.25 %; null when grouped by process or file'],
  ['latency_ns_p99', '99th percentile, ns, within 6.25 %; null when grouped by process or file'],
  ['latency_ns_max', 'longest latency, ns; exact'],
] as const satisfies readonly (readonly [keyof TopRow, string])[];

export const topColumnNames = topColumns.map(([name]) => name);

/** Whether the grouping has percentiles: buckets are kept per operation, cgroup and device. */
export function hasPercentiles(by: readonly Dimension[]): boolean {
  return !by.includes('process') && !by.includes('file');
}

/** Who did how much of each operation in the window, largest first. */
export function top(db: Db, query: TopQuery): Top {
  // One transaction: both halves see the same intervals while the daemon writes.
  const { totals, buckets } = db.transaction(() => ({
    totals: readTotals(db, query),
    buckets: hasPercentiles(query.by) ? readBuckets(db, query) : new Map<string, GroupBucket[]>(),
  }))();
  const size = sizeOf[query.sort];
  const rows = totals
    .map((total) => complete(total, buckets.get(total.group_key) ?? []))
    // Equal rows keep the order of their group keys, in which SQLite returns them.
    .toSorted((a, b) => size(b) - size(a));
  return { rows: rows.slice(0, query.limit), row_count: rows.length };
}

type KeyColumn = Exclude<keyof Group, 'op'>;
const keyColumns: readonly KeyColumn[] = [
  'container',
  'pod',
  'namespace',
  'cgroup_path',
  'process',
  'pid',
  'file',
  'host_path',
  'device',
  'sync_kind',
];

const always = 'TRUE';
const theContainer = { namespace: always, pod: always, container: always };
const outsideContainers = 'container IS NULL';
/** Which columns a dimension tells apart, and under which condition. */
const keyedBy: Readonly<Record<Dimension, Partial<Record<KeyColumn, string>>>> = {
  container: { ...theContainer, cgroup_path: outsideContainers },
  pod: { namespace: always, pod: always, container: 'pod IS NULL', cgroup_path: 'pod IS NULL' },
  cgroup: { ...theContainer, cgroup_path: always },
  process: { ...theContainer, cgroup_path: outsideContainers, process: always, pid: always },
  file: { ...theContainer, file: always, host_path: outsideContainers },
  device: { device: always },
  sync_kind: { sync_kind: always },
};

/** Columns a dimension does not tell apart but mostly settles: shown where a row has one value only. */
const settledBy: Readonly<Record<Dimension, readonly KeyColumn[]>> = {
  container: ['cgroup_path'],
  pod: [],
  cgroup: [],
  process: ['cgroup_path'],
  file: ['host_path', 'device'],
  device: [],
  sync_kind: [],
};

const valueOf = (column: KeyColumn): string =>
  column === 'sync_kind' ? "CASE WHEN op = 'fsync' THEN variant END" : column;

/** SQL of the column's part in the group's key; `undefined` when it has none. */
function keyExpression(by: readonly Dimension[], column: KeyColumn): string | undefined {
  const conditions = by.flatMap((dimension) => keyedBy[dimension][column] ?? []);
  if (conditions.length === 0) return undefined;
  if (conditions.includes(always)) return valueOf(column);
  return `CASE WHEN ${[...new Set(conditions)].join(' OR ')} THEN ${valueOf(column)} END`;
}

/** SQL of what the column shows for a whole group. */
function shownExpression(by: readonly Dimension[], column: KeyColumn): string {
  const isSettled = by.some((dimension) => settledBy[dimension].includes(column));
  const isKey = by.some((dimension) => keyedBy[dimension][column] === always);
  if (isSettled && !isKey) return `CASE WHEN min(${column}) = max(${column}) THEN min(${column}) END`;
  return keyExpression(by, column) ?? 'NULL';
}

function keyExpressions(by: readonly Dimension[]): string[] {
  return ['op', ...keyColumns.flatMap((column) => keyExpression(by, column) ?? [])];
}

/** The totals' half of the answer. Parameters: from, to, then those of `narrowing`. */
export function totalsSql(query: TopQuery): string {
  const keys = keyExpressions(query.by).join(', ');
  const shown = keyColumns.map((column) => `${shownExpression(query.by, column)} AS ${column}`);
  return `SELECT json_array(${keys}) AS group_key, op, ${shown.join(', ')},
    sum(op_count) AS op_count, sum(error_count) AS error_count, sum(size_bytes_sum) AS size_bytes_sum,
    sum(latency_ns_sum) AS latency_ns_sum, max(latency_ns_max) AS latency_ns_max
    FROM operations WHERE ended_us > ? AND started_us < ?${narrowing(query).sql}
    GROUP BY ${keys}`;
}

/** The percentiles' half. Parameters as above. */
export function bucketsSql(query: TopQuery): string {
  const keys = keyExpressions(query.by).join(', ');
  return `SELECT json_array(${keys}) AS group_key, bucket, sum(op_count) AS op_count
    FROM latency WHERE ended_us > ? AND started_us < ?${narrowing(query).sql}
    GROUP BY ${keys}, bucket`;
}

type Percentiles = 'latency_ns_p50' | 'latency_ns_p95' | 'latency_ns_p99';
type Total = Omit<TopRow, Percentiles> & { readonly group_key: string };
type GroupBucket = BucketCount & { readonly group_key: string };

function parameters(query: TopQuery): (string | number)[] {
  return [query.window.fromUs, query.window.toUs, ...narrowing(query).values];
}

function readTotals(db: Db, query: TopQuery): Total[] {
  return db.prepare<(string | number)[], Total>(totalsSql(query)).all(...parameters(query));
}

function readBuckets(db: Db, query: TopQuery): Map<string, GroupBucket[]> {
  const buckets = db.prepare<(string | number)[], GroupBucket>(bucketsSql(query)).all(...parameters(query));
  const groups = new Map<string, GroupBucket[]>();
  for (const each of buckets) {
    const group = groups.get(each.group_key);
    if (group) group.push(each);
    else groups.set(each.group_key, [each]);
  }
  return groups;
}

function complete(total: Total, buckets: readonly BucketCount[]): TopRow {
  const quantile = (q: number): number | null => quantileNs(buckets, q, total.latency_ns_max);
  return {
    container: total.container,
    pod: total.pod,
    namespace: total.namespace,
    cgroup_path: total.cgroup_path,
    process: total.process,
    pid: total.pid,
    file: total.file,
    host_path: total.host_path,
    device: total.device,
    op: total.op,
    sync_kind: total.sync_kind,
    op_count: total.op_count,
    error_count: total.error_count,
    size_bytes_sum: total.size_bytes_sum,
    latency_ns_sum: total.latency_ns_sum,
    latency_ns_p50: quantile(0.5),
    latency_ns_p95: quantile(0.95),
    latency_ns_p99: quantile(0.99),
    latency_ns_max: total.latency_ns_max,
  };
}

const sizeOf: Readonly<Record<TopSort, (row: TopRow) => number>> = {
  latency: (row) => row.latency_ns_sum,
  p99: (row) => row.latency_ns_p99 ?? -1,
  max: (row) => row.latency_ns_max,
  ops: (row) => row.op_count,
  bytes: (row) => row.size_bytes_sum,
};
