import type { BucketCount } from '../../schema/buckets.ts';
import { quantileNs } from '../../schema/buckets.ts';
import type { Db } from '../../schema/open.ts';
import { cover, spanIds } from '../cover.ts';
import { operationNames } from '../../schema/probes/index.ts';
import type { Filters } from '../window.ts';
import { chosenOps } from '../window.ts';

export const dimensions = [
  'container',
  'pod',
  'cgroup',
  'process',
  'pid',
  'file',
  'class',
  'place',
  'device',
  'sync_kind',
] as const;
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
  class: string | null;
  place: string | null;
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
  [
    'pid',
    'process id in the initial pid namespace; with `--by process` null where several processes have the name',
  ],
  ['file', 'path as the container sees it (outside containers: as the host does)'],
  ['host_path', 'path on the host, where it is known'],
  ['class', 'what the file is; see docs/classes.md'],
  ['place', 'where it lies; see docs/classes.md'],
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
  [
    'latency_ns_p50',
    'median latency, ns, the middle of a bucket; null when grouped by process or file, class or place',
  ],
  [
    'latency_ns_p95',
    '95th percentile, ns, the middle of a bucket; null when grouped by process or file, class or place',
  ],
  [
    'latency_ns_p99',
    '99th percentile, ns, the middle of a bucket; null when grouped by process or file, class or place',
  ],
  ['latency_ns_max', 'longest latency, ns; exact'],
] as const satisfies readonly (readonly [keyof TopRow, string])[];

export const topColumnNames = topColumns.map(([name]) => name);

/** Whether the answer has percentiles: buckets are kept per operation, cgroup and device. */
export function hasPercentiles(by: readonly Dimension[], classes: readonly string[] = []): boolean {
  return classes.length === 0 && !by.some((dimension) => NEEDS_FILES.includes(dimension));
}

const NEEDS_FILES: readonly Dimension[] = ['process', 'pid', 'file', 'class', 'place'];

/** Who did how much of each operation in the window, largest first. */
export function top(db: Db, query: TopQuery): Top {
  // One transaction: both halves see the same intervals while the daemon writes.
  return db.transaction(() => {
    const scope = scopeOf(db, query);
    const totals = readTotals(db, query.by, scope);
    // Percentiles are read of the rows shown only, unless they decide which these are.
    if (query.sort !== 'p99') {
      const shown = largest(totals, query.sort).slice(0, query.limit);
      return { rows: complete(db, query.by, scope, shown), row_count: totals.length };
    }
    const rows = largest(complete(db, query.by, scope, totals), query.sort);
    return { rows: rows.slice(0, query.limit), row_count: rows.length };
  })();
}

/** Equal rows keep the order of their group keys, in which SQLite returns them. */
function largest<Row extends Total | TopRow>(rows: readonly Row[], sort: TopSort): Row[] {
  return rows.toSorted((a, b) => sizeOf(b, sort) - sizeOf(a, sort));
}

function sizeOf(row: Total | TopRow, sort: TopSort): number {
  switch (sort) {
    case 'latency':
      return row.latency_ns_sum;
    case 'p99':
      return 'latency_ns_p99' in row ? (row.latency_ns_p99 ?? -1) : -1;
    case 'max':
      return row.latency_ns_max;
    case 'ops':
      return row.op_count;
    case 'bytes':
      return row.size_bytes_sum;
  }
}

/** What is asked for, as keys: JSON arrays, parameters of the SQL; null where all is. */
export type Scope = {
  readonly spans: string;
  readonly op_ids: string | null;
  readonly cgroup_keys: string | null;
  readonly classes: string | null;
};

function scopeOf(db: Db, query: TopQuery): Scope {
  const { window, container, classes = [] } = query;
  const keys = (sql: string, value: string): string | null =>
    db.prepare<[string], string>(sql).pluck().get(value) ?? null;
  const opIds = 'SELECT json_group_array(op_id) FROM ops WHERE op IN (SELECT value FROM json_each(?))';
  const cgroupKeys = 'SELECT json_group_array(cgroup_key) FROM cgroups WHERE container = ?';
  return {
    spans: spanIds(cover(db, window)),
    op_ids: keys(opIds, JSON.stringify(chosenOps(query))),
    cgroup_keys: container === undefined ? null : keys(cgroupKeys, container),
    classes: classes.length === 0 ? null : JSON.stringify(classes),
  };
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
  'class',
  'place',
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
  process: { ...theContainer, cgroup_path: outsideContainers, process: always },
  pid: { ...theContainer, cgroup_path: outsideContainers, process: always, pid: always },
  file: { ...theContainer, file: always, host_path: outsideContainers },
  class: { class: always },
  place: { place: always },
  device: { device: always },
  sync_kind: { sync_kind: always },
};

/** Columns a dimension does not tell apart but mostly settles: shown where a row has one value only. */
const settledBy: Readonly<Record<Dimension, readonly KeyColumn[]>> = {
  container: ['cgroup_path'],
  pod: [],
  cgroup: [],
  process: ['cgroup_path', 'pid'],
  pid: ['cgroup_path'],
  file: ['host_path', 'class', 'place', 'device'],
  class: [],
  place: [],
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

/** The integer keys that tell a dimension apart: rows are added up by these, and named afterwards. */
type Key = 'cgroup_key' | 'process_key' | 'file_key' | 'device_key' | 'variant_id';
const integersOf: Readonly<Record<Dimension, readonly Key[]>> = {
  container: ['cgroup_key'],
  pod: ['cgroup_key'],
  cgroup: ['cgroup_key'],
  process: ['cgroup_key', 'process_key'],
  pid: ['cgroup_key', 'process_key'],
  file: ['cgroup_key', 'file_key'],
  class: ['file_key'],
  place: ['file_key'],
  device: ['device_key'],
  sync_kind: ['variant_id'],
};

/** The views that name them. */
const namesOf: Readonly<Record<Key, string>> = {
  cgroup_key: 'LEFT JOIN cgroups USING (cgroup_key)',
  process_key: 'LEFT JOIN processes USING (process_key)',
  file_key: 'LEFT JOIN files USING (file_key)',
  device_key: 'LEFT JOIN devices USING (device_key)',
  variant_id: 'LEFT JOIN variants USING (op_id, variant_id)',
};

function integersBy(by: readonly Dimension[], scope: Scope): Key[] {
  const keys = by.flatMap((dimension) => integersOf[dimension]);
  if (scope.classes !== null) keys.push('file_key');
  // Where files are told apart or counted, the device is the file's.
  const real = isByBuckets(by, scope) ? keys : keys.map((key) => (key === 'device_key' ? 'file_key' : key));
  return [...new Set(real)];
}

const isByBuckets = (by: readonly Dimension[], { classes }: Scope): boolean =>
  classes === null && hasPercentiles(by);

/** SQL of what a `span_…` view has in scope, added up by integers and by `more`, with the names. */
function named(by: readonly Dimension[], scope: Scope, view: string, sums: string, more = ''): string {
  const integers = integersBy(by, scope);
  const keys = ['op_id', ...integers].join(', ') + more;
  const ops = scope.op_ids === null ? '' : 'AND op_id IN (SELECT value FROM json_each(@op_ids))';
  const cgroups =
    scope.cgroup_keys === null ? '' : 'AND cgroup_key IN (SELECT value FROM json_each(@cgroup_keys))';
  const classes = scope.classes === null ? '' : 'WHERE class IN (SELECT value FROM json_each(@classes))';
  return `(SELECT ${keys}, ${sums} FROM ${view}
      WHERE span_id IN (SELECT value FROM json_each(@spans)) ${ops} ${cgroups} GROUP BY ${keys})
    LEFT JOIN ops USING (op_id) ${integers.map((key) => namesOf[key]).join(' ')} ${classes}`;
}

const SUMS = `sum(op_count) AS op_count, sum(error_count) AS error_count, sum(size_bytes_sum) AS size_bytes_sum,
    sum(latency_ns_sum) AS latency_ns_sum, max(latency_ns_max) AS latency_ns_max`;

/** The totals' half of the answer. Its parameters are those of the scope that are not null. */
export function totalsSql(by: readonly Dimension[], scope: Scope): string {
  const keys = keyExpressions(by).join(', ');
  const shown = keyColumns.map((column) => `${shownExpression(by, column)} AS ${column}`).join(', ');
  const cgroups = integersBy(by, scope).includes('cgroup_key') ? 'json_group_array(cgroup_key)' : 'NULL';
  const from = named(by, scope, isByBuckets(by, scope) ? 'span_operations' : 'span_files', SUMS);
  return `SELECT json_array(${keys}) AS group_key, op_id, ${cgroups} AS cgroup_keys, op, ${shown}, ${SUMS}
    FROM ${from} GROUP BY ${keys}`;
}

/** The percentiles' half. */
export function bucketsSql(by: readonly Dimension[], scope: Scope): string {
  const keys = keyExpressions(by).join(', ');
  const sums = 'sum(op_count) AS op_count';
  return `SELECT json_array(${keys}) AS group_key, bucket, ${sums}
    FROM ${named(by, scope, 'span_latency', sums, ', bucket')} GROUP BY ${keys}, bucket`;
}

type Percentiles = 'latency_ns_p50' | 'latency_ns_p95' | 'latency_ns_p99';
type Total = Omit<TopRow, Percentiles> & {
  readonly group_key: string;
  readonly op_id: number;
  /** JSON array of the cgroups in the group; null where it is not told apart by them. */
  readonly cgroup_keys: string | null;
};
type GroupBucket = BucketCount & { readonly group_key: string };

function readTotals(db: Db, by: readonly Dimension[], scope: Scope): Total[] {
  return db.prepare<[Scope], Total>(totalsSql(by, scope)).all(scope);
}

/** The buckets of these groups, by group key. */
function readBuckets(
  db: Db,
  by: readonly Dimension[],
  scope: Scope,
  totals: readonly Total[],
): Map<string, GroupBucket[]> {
  const narrow = scopeOfRows(scope, totals);
  const buckets = db.prepare<[Scope], GroupBucket>(bucketsSql(by, narrow)).all(narrow);
  const groups = new Map<string, GroupBucket[]>();
  for (const each of buckets) {
    const group = groups.get(each.group_key);
    if (group) group.push(each);
    else groups.set(each.group_key, [each]);
  }
  return groups;
}

function scopeOfRows(scope: Scope, totals: readonly Total[]): Scope {
  const cgroups = totals.flatMap(({ cgroup_keys }) => cgroup_keys?.slice(1, -1) ?? []);
  return {
    ...scope,
    op_ids: JSON.stringify([...new Set(totals.map(({ op_id }) => op_id))]),
    cgroup_keys: cgroups.length === 0 ? scope.cgroup_keys : `[${cgroups.join(',')}]`,
  };
}

function complete(db: Db, by: readonly Dimension[], scope: Scope, totals: readonly Total[]): TopRow[] {
  const buckets = isByBuckets(by, scope) ? readBuckets(db, by, scope, totals) : undefined;
  return totals.map((total) => completeRow(total, buckets?.get(total.group_key) ?? []));
}

function completeRow(total: Total, buckets: readonly BucketCount[]): TopRow {
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
    class: total.class,
    place: total.place,
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
