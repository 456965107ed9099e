import { bucketLowerNs } from '../../schema/buckets.ts';
import type { Db } from '../../schema/open.ts';
import { spanIds } from '../cover.ts';
import type { Span } from '../cover.ts';
import { lossesOf } from './losses.ts';

export type Labels = Readonly<Record<string, string>>;
export type Sample = {
  /** `_bucket`, `_sum`, `_count` of a histogram; else ''. */
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
};

/** Samples of one name, OpenMetrics §4.1. Of a counter, the name is without its `_total`. */
export type Family = {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info';
  readonly unit?: 'seconds' | 'bytes';
  readonly help: string;
  readonly samples: readonly Sample[];
};

/**
 * The latest session since its start, as counters that only grow while it lasts; `undefined` before the
 * first. A container's I/O to disks has the names cAdvisor gives it, all else begins with `iotrace_`.
 *
 * @param ownersMax containers and cgroups that have samples of their own, those with most latency first
 */
export function metrics(db: Db, ownersMax: number): Family[] | undefined {
  return db.transaction(() => {
    const session = readSession(db);
    if (!session) return undefined;
    const spans = spanIds(readRoots(db, session.session_id));
    const totals = readTotals(db, spans);
    const shown = largestOwners(totals, ownersMax);
    const isShown = ({ cgroup_key }: { readonly cgroup_key: number }): boolean => shown.has(cgroup_key);
    return [
      ...sessionFamilies(db, session),
      leftOut(totals, shown),
      ...diskFamilies(totals.filter(isShown)),
      ...operationFamilies(totals.filter(isShown)),
      durations(totals.filter(isShown), readBuckets(db, spans).filter(isShown)),
      ...classFamilies(db, spans),
    ];
  })();
}

type SessionRow = {
  session_id: number;
  iotrace_version: string;
  kernel_release: string;
  bpftrace_version: string;
};

function readSession(db: Db): SessionRow | undefined {
  return db
    .prepare<[], SessionRow>(
      `SELECT session_id, iotrace_version, kernel_release, bpftrace_version
       FROM session ORDER BY session_id DESC LIMIT 1`,
    )
    .get();
}

/** The spans that are part of no other hold every interval once. */
function readRoots(db: Db, sessionId: number): Span[] {
  return db
    .prepare<[number], Span>('SELECT * FROM spans WHERE session_id = ? AND parent_id IS NULL')
    .all(sessionId);
}

type Who = {
  cgroup_key: number;
  cgroup_path: string | null;
  container: string | null;
  pod: string | null;
  namespace: string | null;
};
type Total = Who & {
  op: string;
  device: string | null;
  op_count: number;
  error_count: number;
  size_bytes_sum: number;
  latency_ns_sum: number;
};
type Bucket = Who & { op: string; bucket: number; op_count: number };

const WHO = 'cgroup_key, cgroup_path, container, pod, namespace';
const IN_SPANS = 'span_id IN (SELECT value FROM json_each(?))';

function readTotals(db: Db, spans: string): Total[] {
  return db
    .prepare<[string], Total>(
      `SELECT ${WHO}, op, device, op_count, error_count, size_bytes_sum, latency_ns_sum
       FROM (SELECT cgroup_key, op_id, device_key, sum(op_count) AS op_count, sum(error_count) AS error_count,
           sum(size_bytes_sum) AS size_bytes_sum, sum(latency_ns_sum) AS latency_ns_sum
         FROM span_operations WHERE ${IN_SPANS} GROUP BY cgroup_key, op_id, device_key)
       JOIN ops USING (op_id) LEFT JOIN cgroups USING (cgroup_key) LEFT JOIN devices USING (device_key)`,
    )
    .all(spans);
}

function readBuckets(db: Db, spans: string): Bucket[] {
  return db
    .prepare<[string], Bucket>(
      `SELECT ${WHO}, op, bucket, op_count
       FROM (SELECT cgroup_key, op_id, bucket, sum(op_count) AS op_count
         FROM span_latency WHERE ${IN_SPANS} GROUP BY cgroup_key, op_id, bucket)
       JOIN ops USING (op_id) LEFT JOIN cgroups USING (cgroup_key)`,
    )
    .all(spans);
}

function largestOwners(totals: readonly Total[], ownersMax: number): Set<number> {
  const latencies = new Map<number, number>();
  for (const { cgroup_key, latency_ns_sum } of totals) {
    latencies.set(cgroup_key, (latencies.get(cgroup_key) ?? 0) + latency_ns_sum);
  }
  const ranked = [...latencies].toSorted(([, a], [, b]) => b - a);
  return new Set(ranked.slice(0, ownersMax).map(([key]) => key));
}

function leftOut(totals: readonly Total[], shown: ReadonlySet<number>): Family {
  const owners = new Set(totals.map(({ cgroup_key }) => cgroup_key));
  return {
    name: 'iotrace_metrics_left_out_cgroups',
    type: 'gauge',
    help: 'Cgroups without samples of their own because there are too many; see --limit',
    samples: [sample({}, owners.size - shown.size)],
  };
}

const sample = (labels: Labels, value: number, suffix = ''): Sample => ({ suffix, labels, value });

/** As cAdvisor names them: `id` is the cgroup's path, the others are empty outside containers. */
const ownerLabels = ({ cgroup_path, namespace, pod, container }: Who): Labels => ({
  id: cgroup_path ?? '',
  namespace: namespace ?? '',
  pod: pod ?? '',
  container: container ?? '',
});

/** One sample for each set of labels: different cgroups may be called the same. */
function addUp<Row>(
  rows: readonly Row[],
  labelsOf: (row: Row) => Labels,
  valueOf: (row: Row) => number,
): Sample[] {
  const sums = new Map<string, { labels: Labels; value: number }>();
  for (const row of rows) {
    const labels = labelsOf(row);
    const key = JSON.stringify(labels);
    const value = (sums.get(key)?.value ?? 0) + valueOf(row);
    sums.set(key, { labels, value });
  }
  return [...sums.values()].map(({ labels, value }) => sample(labels, value));
}

const NS_PER_SECOND = 1e9;

function diskFamilies(totals: readonly Total[]): Family[] {
  const labels = (row: Total): Labels => ({ ...ownerLabels(row), device: `/dev/${row.device ?? ''}` });
  const count = (op: string, name: string, help: string): Family => ({
    name,
    type: 'counter',
    help,
    samples: addUp(ofOp(totals, op), labels, (row) => row.op_count),
  });
  const bytes = (op: string, name: string, help: string): Family => ({
    name,
    type: 'counter',
    unit: 'bytes',
    help,
    samples: addUp(ofOp(totals, op), labels, (row) => row.size_bytes_sum),
  });
  const seconds = (op: string, name: string, help: string): Family => ({
    name,
    type: 'counter',
    unit: 'seconds',
    help,
    samples: addUp(ofOp(totals, op), labels, (row) => row.latency_ns_sum / NS_PER_SECOND),
  });
  return [
    count('block_read', 'container_fs_reads', 'Read requests the disk completed'),
    bytes('block_read', 'container_fs_reads_bytes', 'Bytes read from the disk'),
    seconds('block_read', 'container_fs_read_seconds', 'Time read requests took, queue included'),
    count('block_write', 'container_fs_writes', 'Write requests the disk completed'),
    bytes('block_write', 'container_fs_writes_bytes', 'Bytes written to the disk, by whom they were dirtied'),
    seconds('block_write', 'container_fs_write_seconds', 'Time write requests took, queue included'),
    {
      name: 'container_blkio_device_usage',
      type: 'counter',
      help: 'Bytes read from and written to the disk',
      samples: addUp(
        totals.filter(({ op }) => op in blkioOperations),
        (row) => ({ ...labels(row), operation: blkioOperations[row.op] ?? '' }),
        (row) => row.size_bytes_sum,
      ),
    },
  ];
}

const blkioOperations: Readonly<Record<string, string>> = {
  block_read: 'Read',
  block_write: 'Write',
  block_discard: 'Discard',
};

const ofOp = (totals: readonly Total[], wanted: string): Total[] => totals.filter(({ op }) => op === wanted);

function operationFamilies(totals: readonly Total[]): Family[] {
  const labels = (row: Total): Labels => ({ ...ownerLabels(row), op: row.op });
  return [
    {
      name: 'iotrace_operations',
      type: 'counter',
      help: 'Operations of each kind',
      samples: addUp(totals, labels, (row) => row.op_count),
    },
    {
      name: 'iotrace_operation_errors',
      type: 'counter',
      help: 'Operations that failed',
      samples: addUp(totals, labels, (row) => row.error_count),
    },
    {
      name: 'iotrace_operation_size_bytes',
      type: 'counter',
      unit: 'bytes',
      help: 'Bytes moved by operations',
      samples: addUp(totals, labels, (row) => row.size_bytes_sum),
    },
  ];
}

/** Bounds of a histogram, 2^N ns: coarse to 1 ms, then each power of two to 1 s. */
const BOUND_EXPONENTS = [12, 14, 16, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 34];

function durations(totals: readonly Total[], buckets: readonly Bucket[]): Family {
  const labels = (row: Who & { readonly op: string }): Labels => ({ ...ownerLabels(row), op: row.op });
  const groups = new Map<string, { labels: Labels; buckets: Bucket[] }>();
  for (const bucket of buckets) {
    const key = JSON.stringify(labels(bucket));
    const group = groups.get(key);
    if (group) group.buckets.push(bucket);
    else groups.set(key, { labels: labels(bucket), buckets: [bucket] });
  }
  const latencies = new Map(
    addUp(totals, labels, (row) => row.latency_ns_sum).map((each) => [
      JSON.stringify(each.labels),
      each.value,
    ]),
  );
  return {
    name: 'iotrace_operation_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Latency of operations',
    samples: [...groups].flatMap(([key, group]) =>
      histogram(group.labels, group.buckets, (latencies.get(key) ?? 0) / NS_PER_SECOND),
    ),
  };
}

function histogram(labels: Labels, buckets: readonly Bucket[], sum: number): Sample[] {
  const below = (boundNs: number): number =>
    buckets.reduce((count, each) => count + (bucketLowerNs(each.bucket) < boundNs ? each.op_count : 0), 0);
  const total = below(Infinity);
  // A bound belongs to what is below it, and latencies are whole ns: the largest of them is 2^N − 1.
  const bounds = BOUND_EXPONENTS.map((exponent) =>
    sample({ ...labels, le: String((2 ** exponent - 1) / NS_PER_SECOND) }, below(2 ** exponent), '_bucket'),
  );
  return [
    ...bounds,
    sample({ ...labels, le: '+Inf' }, total, '_bucket'),
    sample(labels, sum, '_sum'),
    sample(labels, total, '_count'),
  ];
}

type ClassTotal = { class: string; op: string; op_count: number; latency_ns_sum: number };

/** Shares of the file classes in each operation, of all containers and the host together. */
function classFamilies(db: Db, spans: string): Family[] {
  const totals = db
    .prepare<[string], ClassTotal>(
      `SELECT class, op, sum(op_count) AS op_count, sum(latency_ns_sum) AS latency_ns_sum
       FROM (SELECT op_id, file_key, sum(op_count) AS op_count, sum(latency_ns_sum) AS latency_ns_sum
         FROM span_files WHERE ${IN_SPANS} GROUP BY op_id, file_key)
       JOIN ops USING (op_id) JOIN files USING (file_key) GROUP BY class, op`,
    )
    .all(spans);
  const labels = (row: ClassTotal): Labels => ({ class: row.class, op: row.op });
  return [
    {
      name: 'iotrace_class_operations',
      type: 'counter',
      help: 'Operations on files of each class, docs/classes.md',
      samples: totals.map((row) => sample(labels(row), row.op_count)),
    },
    {
      name: 'iotrace_class_operation_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'Time operations on files of each class took',
      samples: totals.map((row) => sample(labels(row), row.latency_ns_sum / NS_PER_SECOND)),
    },
  ];
}

type Ledger = {
  recorded_us: number;
  ended_us: number | null;
  daemon_cpu_us: number;
  bpftrace_cpu_us: number;
  daemon_rss_bytes: number | null;
  bpftrace_rss_bytes: number | null;
};
const US_PER_SECOND = 1e6;

function sessionFamilies(db: Db, session: SessionRow): Family[] {
  const id = session.session_id;
  const { session_id, ...names } = session;
  const sums = db
    .prepare<[number], Ledger>(
      // The bare columns are those of the row of max(ended_us).
      `SELECT ifnull(sum(ended_us - started_us), 0) AS recorded_us, max(ended_us) AS ended_us,
         ifnull(sum(daemon_cpu_us), 0) AS daemon_cpu_us, ifnull(sum(bpftrace_cpu_us), 0) AS bpftrace_cpu_us,
         daemon_rss_bytes, bpftrace_rss_bytes
       FROM ledger WHERE session_id = ?`,
    )
    .get(id);
  if (!sums) throw new Error('an aggregate without GROUP BY returned no row');
  return [
    {
      name: 'iotrace_session',
      type: 'info',
      help: 'What records',
      samples: [sample({ session_id: String(session_id), ...names }, 1)],
    },
    ...costFamilies(sums),
    {
      name: 'iotrace_coverage',
      type: 'gauge',
      help: '1 for what each probe was proven to see (seen), or not: unproven, partial, missing',
      samples: readCoverage(db, id).map((labels) => sample(labels, 1)),
    },
    {
      name: 'iotrace_lost',
      type: 'counter',
      help: 'What did not reach the tables in full, by kind; see the view loss',
      samples: lossesOf(db, id).map(({ kind, lost_count }) => sample({ kind }, lost_count)),
    },
  ];
}

function costFamilies(sums: Ledger): Family[] {
  const each = (daemon: number, bpftrace: number): Sample[] => [
    sample({ process: 'daemon' }, daemon),
    sample({ process: 'bpftrace' }, bpftrace),
  ];
  const { daemon_rss_bytes, bpftrace_rss_bytes, ended_us } = sums;
  return [
    {
      name: 'iotrace_recorded_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'Time that was recorded',
      samples: [sample({}, sums.recorded_us / US_PER_SECOND)],
    },
    {
      name: 'iotrace_last_interval_timestamp_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'End of the last interval stored, seconds since 1970',
      samples: ended_us === null ? [] : [sample({}, ended_us / US_PER_SECOND)],
    },
    {
      name: 'iotrace_cpu_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'CPU time iotrace took in user space and system calls',
      samples: each(sums.daemon_cpu_us / US_PER_SECOND, sums.bpftrace_cpu_us / US_PER_SECOND),
    },
    {
      name: 'iotrace_resident_memory_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Resident memory of iotrace',
      samples:
        daemon_rss_bytes === null || bpftrace_rss_bytes === null
          ? []
          : each(daemon_rss_bytes, bpftrace_rss_bytes),
    },
  ];
}

type CoverageLabels = { probe: string; subject: string; state: string };

function readCoverage(db: Db, sessionId: number): CoverageLabels[] {
  return db
    .prepare<[number], CoverageLabels>(
      'SELECT probe, subject, state FROM coverage WHERE session_id = ? ORDER BY probe, subject',
    )
    .all(sessionId);
}
