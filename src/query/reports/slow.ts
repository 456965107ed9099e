import type { Db } from '../../schema/open.ts';
import type { Filters } from '../window.ts';
import { narrowing } from '../window.ts';

export const slowSorts = ['latency', 'time'] as const;
export type SlowSort = (typeof slowSorts)[number];

export type SlowQuery = Filters & {
  readonly sort: SlowSort;
  /** Rows to return. */
  readonly limit: number;
};

/** A single operation, as the view `slow` has it. */
export type SlowRow = {
  exemplar_id: number;
  ended_us: number;
  container: string | null;
  pod: string | null;
  namespace: string | null;
  cgroup_path: string | null;
  process: string | null;
  pid: number | null;
  thread: string;
  tid: number;
  file: string | null;
  host_path: string | null;
  class: string;
  place: string;
  device: string | null;
  op: string;
  variant: string | null;
  size_bytes: number;
  latency_ns: number;
  inner_latency_ns: number;
  error: number;
};

/** The keys of a row, in the order of the view. */
export const slowColumns = [
  'exemplar_id',
  'ended_us',
  'container',
  'pod',
  'namespace',
  'cgroup_path',
  'process',
  'pid',
  'thread',
  'tid',
  'file',
  'host_path',
  'class',
  'place',
  'device',
  'op',
  'variant',
  'size_bytes',
  'latency_ns',
  'inner_latency_ns',
  'error',
] as const satisfies readonly (keyof SlowRow)[];

export type Slow = {
  readonly rows: readonly SlowRow[];
  /** How many rows there are without the limit. */
  readonly row_count: number;
};

const orders: Readonly<Record<SlowSort, string>> = {
  latency: 'latency_ns DESC, ended_us DESC',
  time: 'ended_us DESC, latency_ns DESC',
};

/** The recorded single operations that ended in the window: the slowest, or the latest. */
export function slow(db: Db, query: SlowQuery): Slow {
  const values = [query.window.fromUs, query.window.toUs, ...narrowing(query).values];
  return db.transaction(() => ({
    rows: db.prepare<(string | number)[], SlowRow>(slowSql(query)).all(...values, query.limit),
    row_count:
      db
        .prepare<(string | number)[], { row_count: number }>(
          `SELECT count(*) AS row_count ${matching(query)}`,
        )
        .get(...values)?.row_count ?? 0,
  }))();
}

/** Parameters: from, to, those of `narrowing`, limit. */
export function slowSql(query: SlowQuery): string {
  return `SELECT ${slowColumns.join(', ')} ${matching(query)} ORDER BY ${orders[query.sort]} LIMIT ?`;
}

const matching = (query: SlowQuery): string =>
  `FROM slow WHERE ended_us >= ? AND ended_us < ?${narrowing(query).sql}`;
