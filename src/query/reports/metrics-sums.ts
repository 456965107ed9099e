/** What a session has counted so far, kept between scrapes. */
import type { Db } from '../../schema/open.ts';
import { spanIds } from '../cover.ts';

export type TotalSum = {
  readonly cgroup_key: number;
  readonly op_id: number;
  readonly device_key: number;
  op_count: number;
  error_count: number;
  size_bytes_sum: number;
  latency_ns_sum: number;
};
export type HistogramSum = {
  readonly cgroup_key: number;
  readonly op_id: number;
  /** Operations below each of BOUND_EXPONENTS and not below the one before; the last: below none. */
  readonly counts: number[];
};
export type ClassSum = {
  readonly class: string;
  readonly op: string;
  op_count: number;
  latency_ns_sum: number;
};
export type LedgerSum = {
  recorded_us: number;
  /** End of the last interval, µs since 1970; null before the first. */
  ended_us: number | null;
  daemon_cpu_us: number;
  bpftrace_cpu_us: number;
  daemon_rss_bytes: number | null;
  bpftrace_rss_bytes: number | null;
};

export type SessionSums = {
  readonly session_id: number;
  /** Number of the last interval that is in them. */
  interval_id: number;
  readonly totals: Map<string, TotalSum>;
  readonly histograms: Map<string, HistogramSum>;
  readonly classes: Map<string, ClassSum>;
  ledger: LedgerSum;
};

export const emptySums = (session_id: number): SessionSums => ({
  session_id,
  interval_id: 0,
  totals: new Map(),
  histograms: new Map(),
  classes: new Map(),
  ledger: {
    recorded_us: 0,
    ended_us: null,
    daemon_cpu_us: 0,
    bpftrace_cpu_us: 0,
    daemon_rss_bytes: null,
    bpftrace_rss_bytes: null,
  },
});

/** Adds the intervals that were stored since. */
export function addIntervals(db: Db, sums: SessionSums): void {
  const { session_id, interval_id } = sums;
  const last = db
    .prepare<[number], number>(
      'SELECT interval_id FROM ledger WHERE session_id = ? ORDER BY interval_id DESC LIMIT 1',
    )
    .pluck()
    .get(session_id);
  if (last === undefined || last <= interval_id) return;
  const spans = interval_id === 0 ? rootsOf(db, session_id) : intervalsAfter(db, session_id, interval_id);
  addTotals(db, sums, spans);
  addBuckets(db, sums, spans);
  addClasses(db, sums, spans);
  addLedger(db, sums);
  sums.interval_id = last;
}

type SpanId = { readonly span_id: number };

/** The spans that are part of no other hold every interval once. */
const rootsOf = (db: Db, sessionId: number): SpanId[] =>
  db
    .prepare<[number], SpanId>('SELECT span_id FROM spans WHERE session_id = ? AND parent_id IS NULL')
    .all(sessionId);

const intervalsAfter = (db: Db, sessionId: number, intervalId: number): SpanId[] =>
  db
    .prepare<[number, number], SpanId>(
      'SELECT interval_id AS span_id FROM ledger WHERE session_id = ? AND interval_id > ?',
    )
    .all(sessionId, intervalId);

const IN_SPANS = 'span_id IN (SELECT value FROM json_each(?))';

function addTotals(db: Db, { totals }: SessionSums, spans: readonly SpanId[]): void {
  const rows = db
    .prepare<[string], TotalSum>(
      `SELECT cgroup_key, op_id, device_key, sum(op_count) AS op_count, sum(error_count) AS error_count,
         sum(size_bytes_sum) AS size_bytes_sum, sum(latency_ns_sum) AS latency_ns_sum
       FROM span_operations WHERE ${IN_SPANS} GROUP BY cgroup_key, op_id, device_key`,
    )
    .all(spanIds(spans));
  for (const row of rows) {
    const key = `${String(row.cgroup_key)} ${String(row.op_id)} ${String(row.device_key)}`;
    const sum = totals.get(key);
    if (!sum) {
      totals.set(key, row);
      continue;
    }
    sum.op_count += row.op_count;
    sum.error_count += row.error_count;
    sum.size_bytes_sum += row.size_bytes_sum;
    sum.latency_ns_sum += row.latency_ns_sum;
  }
}

/** Bounds of a histogram, 2^N ns: coarse to 1 ms, then each power of two to 1 s. */
export const BOUND_EXPONENTS = [12, 14, 16, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 34] as const;

/** A bucket lies within a power of two: its exponent decides. */
function boundOf(bucket: number): number {
  const bound = BOUND_EXPONENTS.findIndex((exponent) => Math.floor(bucket / 16) < exponent);
  return bound === -1 ? BOUND_EXPONENTS.length : bound;
}

type BucketRow = { cgroup_key: number; op_id: number; bucket: number; op_count: number };

function addBuckets(db: Db, { histograms }: SessionSums, spans: readonly SpanId[]): void {
  const rows = db
    .prepare<[string], BucketRow>(
      `SELECT cgroup_key, op_id, bucket, sum(op_count) AS op_count
       FROM span_latency WHERE ${IN_SPANS} GROUP BY cgroup_key, op_id, bucket`,
    )
    .all(spanIds(spans));
  for (const { cgroup_key, op_id, bucket, op_count } of rows) {
    const key = `${String(cgroup_key)} ${String(op_id)}`;
    const sum = histograms.get(key) ?? { cgroup_key, op_id, counts: [...BOUND_EXPONENTS, 0].map(() => 0) };
    const bound = boundOf(bucket);
    sum.counts[bound] = (sum.counts[bound] ?? 0) + op_count;
    histograms.set(key, sum);
  }
}

function addClasses(db: Db, { classes }: SessionSums, spans: readonly SpanId[]): void {
  const rows = db
    .prepare<[string], ClassSum>(
      `SELECT class, op, sum(op_count) AS op_count, sum(latency_ns_sum) AS latency_ns_sum
       FROM (SELECT op_id, file_key, sum(op_count) AS op_count, sum(latency_ns_sum) AS latency_ns_sum
         FROM span_files WHERE ${IN_SPANS} GROUP BY op_id, file_key)
       JOIN ops USING (op_id) JOIN files USING (file_key) GROUP BY class, op`,
    )
    .all(spanIds(spans));
  for (const row of rows) {
    const key = `${row.class} ${row.op}`;
    const sum = classes.get(key);
    if (!sum) {
      classes.set(key, row);
      continue;
    }
    sum.op_count += row.op_count;
    sum.latency_ns_sum += row.latency_ns_sum;
  }
}

function addLedger(db: Db, sums: SessionSums): void {
  const row = db
    .prepare<[number, number], LedgerSum>(
      // The bare columns are those of the row of max(ended_us).
      `SELECT ifnull(sum(ended_us - started_us), 0) AS recorded_us, max(ended_us) AS ended_us,
         ifnull(sum(daemon_cpu_us), 0) AS daemon_cpu_us, ifnull(sum(bpftrace_cpu_us), 0) AS bpftrace_cpu_us,
         daemon_rss_bytes, bpftrace_rss_bytes
       FROM ledger WHERE session_id = ? AND interval_id > ?`,
    )
    .get(sums.session_id, sums.interval_id);
  if (!row) throw new Error('an aggregate without GROUP BY returned no row');
  const { ledger } = sums;
  sums.ledger = {
    ...row,
    recorded_us: ledger.recorded_us + row.recorded_us,
    daemon_cpu_us: ledger.daemon_cpu_us + row.daemon_cpu_us,
    bpftrace_cpu_us: ledger.bpftrace_cpu_us + row.bpftrace_cpu_us,
  };
}
