import type { Db } from '../../schema/open.ts';
import { operations } from '../../schema/probes/index.ts';
import type { Coverage } from '../reports/coverage.ts';
import { coverage } from '../reports/coverage.ts';
import type { DiagnosisScope } from './sql.ts';
import { snapped } from '../cover.ts';
import type { Who } from '../who.ts';
import { isWait } from './sql.ts';
import type { QueryName, FactRows, WorkFact } from './queries.ts';
import { queries } from './queries.ts';
import { over } from './thresholds.ts';

/** What can be known of a window; each is recorded, or it is not. */
export const factNames = [
  'fsync',
  'copy_up',
  'block',
  'file_io',
  'journal',
  'throttle',
  'blame',
  'classes',
  'devices',
  'host',
  'limits',
  'filesystems',
  'upperdirs',
  'mounts',
  'device_settings',
  'kernel_log',
  'deleted',
] as const;
export type FactName = (typeof factNames)[number];

/**
 * Everything the rules look at, read once. What was not recorded in the window is not in `known`, and has no rows: a
 * rule that needs it says that it does not know.
 */
export type Facts = FactRows & {
  readonly scope: DiagnosisScope;
  readonly known: ReadonlySet<FactName>;
  /** Seconds of the window that were recorded. */
  readonly window_s: number;
  /** What waited for I/O: `work` without what lies below it (block requests) or is part of another row. */
  readonly waits: readonly WorkFact[];
  readonly coverage: Coverage;
  /** Growth of all waiting in ns per second; without a baseline, all of it. */
  readonly added_ns_per_s: number;
  /** Whose waiting grew, by container and operation; most first. */
  readonly victims: readonly Victim[];
};

/** Operations of one container that wait longer than before. */
export type Victim = Who & {
  readonly who: string;
  readonly op: string;
  readonly added_ns_per_s: number;
  /** The longest of them in the window. */
  readonly longest_ns: number;
};

/** A row of `compareSql`. */
export type Percentiles = Readonly<
  Record<
    `${'' | 'before_'}${'op_count' | 'wait_ns_per_s' | 'ops_per_s' | `latency_ns_${'p50' | 'p95' | 'p99' | 'max'}`}`,
    number | null
  >
>;

/** Who waits for the first time is rather the cause than the victim: it counts for less. */
const WEIGHT_OF_NEW = 0.2;

const suffering = (row: WorkFact): number =>
  addedWait(row) * (row.before_ops_per_s === 0 ? WEIGHT_OF_NEW : 1);

const VICTIM_COUNT = 3;

/** Reads every fact of the window and its baseline but those left out, in one transaction. */
export function readFacts(
  db: Db,
  typed: Pick<DiagnosisScope, 'periods' | 'container'>,
  without: readonly QueryName[] = [],
): Facts {
  return db.transaction(() => {
    // As `top` counts: what overlaps the window counts whole, and then for the window alone.
    const window = snapped(db, typed.periods.window);
    const asked = { ...typed, periods: { ...typed.periods, window } };
    const views = viewsOf(db);
    const phases = read(db, views, 'recorded', { ...asked, hasBaseline: false, hasFileIo: false });
    const seconds = (phase: string): number => phases.find((row) => row.phase === phase)?.recorded_s ?? 0;
    const probes = new Set(db.prepare<[], string>(coveredSql(asked)).pluck().all());
    const scope: DiagnosisScope = {
      ...asked,
      hasBaseline: seconds('before') > 0,
      hasFileIo: probes.has('file_io'),
    };
    const rows = readRows(db, views, scope, without);
    const waits = rows.work.filter((row) => isWait(scope, row));
    return {
      ...rows,
      scope,
      known: knownIn(db, views, seconds('window') > 0 ? probes : new Set(), scope, rows),
      window_s: seconds('window'),
      waits,
      coverage: coverage(db, scope.periods.window),
      added_ns_per_s: sumOf(waits, addedWait),
      victims: victimsOf(waits),
    };
  })();
}

/** The views of this recording; one that an older iotrace made may lack some. */
function viewsOf(db: Db): ReadonlySet<string> {
  return new Set(db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'view'").pluck().all());
}

/** The view each query reads. */
const viewBehind: Readonly<Record<QueryName, string>> = {
  recorded: 'spans',
  work: 'span_files',
  devices: 'device_samples',
  host: 'host_samples',
  memory_limits: 'container_samples',
  limits: 'container_limits',
  filesystems: 'filesystems',
  upperdirs: 'upperdirs',
  mounts: 'mounts',
  device_settings: 'device_settings',
  kernel_log: 'kernel_log',
  deleted: 'deleted',
  no_space: 'slow',
  containers: 'containers',
  losses: 'loss',
  io_cgroups: 'container_device_samples',
  device_disks: 'device_disks',
  device_numbers: 'device_numbers',
  blame: 'inflight',
};

function read<Name extends QueryName>(
  db: Db,
  views: ReadonlySet<string>,
  name: Name,
  scope: DiagnosisScope,
): FactRows[Name][number][] {
  if (!views.has(viewBehind[name])) return [];
  return db.prepare<[], FactRows[Name][number]>(queries[name](scope)).all();
}

function readRows(
  db: Db,
  views: ReadonlySet<string>,
  scope: DiagnosisScope,
  without: readonly QueryName[],
): FactRows {
  const rows = <Name extends QueryName>(name: Name) =>
    without.includes(name) ? [] : read(db, views, name, scope);
  return {
    recorded: rows('recorded'),
    work: rows('work'),
    devices: rows('devices'),
    host: rows('host'),
    memory_limits: rows('memory_limits'),
    limits: rows('limits'),
    filesystems: rows('filesystems'),
    upperdirs: rows('upperdirs'),
    mounts: rows('mounts'),
    device_settings: rows('device_settings'),
    kernel_log: rows('kernel_log'),
    deleted: rows('deleted'),
    no_space: rows('no_space'),
    containers: rows('containers'),
    losses: rows('losses'),
    io_cgroups: rows('io_cgroups'),
    device_disks: rows('device_disks'),
    device_numbers: rows('device_numbers'),
    blame: rows('blame'),
  };
}

/** Growth of the waiting of a row, ns per second; without a baseline, all of it. */
export const addedWait = (row: Pick<WorkFact, 'wait_ns_per_s' | 'before_wait_ns_per_s'>): number =>
  Math.max(0, row.wait_ns_per_s - (row.before_wait_ns_per_s ?? 0));

export const sumOf = <Row>(rows: readonly Row[], size: (row: Row) => number): number =>
  rows.reduce((sum, row) => sum + size(row), 0);

/** FactRows by a key, the largest group first. */
export function groups<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  size: (row: Row) => number,
): { readonly key: string; readonly rows: readonly [Row, ...Row[]]; readonly size: number }[] {
  const byKey = new Map<string, [Row, ...Row[]]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = byKey.get(key);
    if (group) group.push(row);
    else byKey.set(key, [row]);
  }
  return [...byKey]
    .map(([key, members]) => ({ key, rows: members, size: sumOf(members, size) }))
    .toSorted((a, b) => b.size - a.size);
}

export const longestOf = (rows: readonly WorkFact[]): number =>
  Math.max(...rows.map(({ latency_ns_max }) => latency_ns_max ?? 0));

function victimsOf(waits: readonly WorkFact[]): Victim[] {
  return groups(waits, ({ who, op }) => JSON.stringify([who, op]), suffering)
    .slice(0, VICTIM_COUNT)
    .flatMap(({ rows }) => {
      const [{ who, namespace, pod, container, cgroup_path, op }] = rows;
      const added_ns_per_s = sumOf(rows, addedWait);
      if (added_ns_per_s === 0) return [];
      return [
        { who, namespace, pod, container, cgroup_path, op, added_ns_per_s, longest_ns: longestOf(rows) },
      ];
    });
}

/** What the view operations has of files recorded before there were classes. */
const NOT_CLASSIFIED = 'not classified';

const SAMPLED = ['devices', 'host', 'filesystems', 'mounts', 'device_settings'] as const;
/** Facts of which there may be none although they were looked for, and the sampler that looks. */
const LOOKED_FOR = {
  limits: 'cgroup-limits',
  kernel_log: 'kernel-log',
  deleted: 'deleted-files',
  upperdirs: 'upperdirs',
} as const;

function knownIn(
  db: Db,
  views: ReadonlySet<string>,
  probes: ReadonlySet<string>,
  scope: DiagnosisScope,
  rows: FactRows,
): ReadonlySet<FactName> {
  const known = new Set<FactName>(SAMPLED.filter((name) => rows[name].length > 0));
  for (const probe of ['fsync', 'copy_up', 'block', 'file_io', 'journal', 'throttle'] as const) {
    const ops = operations.filter((each) => each.probe === probe).map(({ name }) => name);
    if (probes.has(probe) || rows.work.some(({ op }) => ops.includes(op))) known.add(probe);
  }
  if (rows.work.some((row) => row.class !== NOT_CLASSIFIED)) known.add('classes');
  if (probes.has('block') && isBlameKnown(db, scope, rows)) known.add('blame');
  const samplers = views.has('sampler_costs') ? db.prepare<[], string>(samplersSql(scope)).pluck().all() : [];
  for (const name of ['limits', 'kernel_log', 'deleted', 'upperdirs'] as const) {
    if (samplers.includes(LOOKED_FOR[name])) known.add(name);
  }
  const recorded_s = rows.recorded.find(({ phase }) => phase === 'window')?.recorded_s ?? 0;
  if (rows.deleted.length === 0 && !over('deleted_looked_s', recorded_s)) known.delete('deleted');
  return known;
}

/** Whether whose requests were in flight was kept of what was slow; of a window in which nothing was, nothing lacks. */
function isBlameKnown(db: Db, scope: DiagnosisScope, rows: FactRows): boolean {
  const slow_ns = db.prepare<[], number | null>(slowFromSql(scope)).pluck().get() ?? 0;
  const wasSlow = rows.work.some((row) => isWait(scope, row) && (row.latency_ns_max ?? 0) >= slow_ns);
  return rows.blame.length > 0 || !wasSlow || db.prepare(inflightSql(scope)).get() !== undefined;
}

/** From which latency on single operations are kept in the window. */
const slowFromSql = (scope: Pick<DiagnosisScope, 'periods'>): string =>
  `SELECT max(slow_ns) FROM session WHERE session_id IN (${sessionsIn(scope)})`;

const inflightSql = ({ periods: { window } }: Pick<DiagnosisScope, 'periods'>): string =>
  `SELECT 1 FROM inflight WHERE started_us > ${String(window.fromUs)} AND started_us <= ${String(window.toUs)} LIMIT 1`;

const sessionsIn = ({ periods: { window } }: Pick<DiagnosisScope, 'periods'>): string =>
  `SELECT session_id FROM session WHERE started_us < ${String(window.toUs)} AND max(alive_us, ifnull(ended_us, 0)) >= ${String(window.fromUs)}`;

/** Probes of which something was attached in the window. */
const coveredSql = (scope: Pick<DiagnosisScope, 'periods'>): string =>
  `SELECT DISTINCT probe FROM coverage WHERE state <> 'missing' AND session_id IN (${sessionsIn(scope)})`;

/** Samplers that looked at least once in the window. */
const samplersSql = ({ periods: { window } }: Pick<DiagnosisScope, 'periods'>): string =>
  `SELECT DISTINCT sampler FROM sampler_costs WHERE ended_us > ${String(window.fromUs)} AND started_us < ${String(window.toUs)}`;
