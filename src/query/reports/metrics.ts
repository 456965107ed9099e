import type { Db } from '../../schema/open.ts';
import type { ClassSum, HistogramSum, LedgerSum, SessionSums, TotalSum } from './metrics-sums.ts';
import { addIntervals, BOUND_EXPONENTS, emptySums } from './metrics-sums.ts';
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
  return metricsOf(db, ownersMax)();
}

/**
 * The same again and again: the first time a session is added up, later only the intervals since. What was counted
 * stays counted when retention removes its intervals.
 */
export function metricsOf(db: Db, ownersMax: number): () => Family[] | undefined {
  let sums: SessionSums | undefined;
  return () =>
    db.transaction(() => {
      const session = readSession(db);
      if (!session) return undefined;
      if (sums?.session_id !== session.session_id) sums = emptySums(session.session_id);
      addIntervals(db, sums);
      return familiesOf(db, session, sums, ownersMax);
    })();
}

function familiesOf(db: Db, session: SessionRow, sums: SessionSums, ownersMax: number): Family[] {
  const names = readNames(db, sums.session_id);
  const totals = [...sums.totals.values()].map((sum) => ({ ...sum, ...names.of(sum), ...names.device(sum) }));
  const shown = largestOwners(totals, ownersMax);
  const isShown = ({ cgroup_key }: { readonly cgroup_key: number }): boolean => shown.has(cgroup_key);
  const histograms = [...sums.histograms.values()]
    .filter(isShown)
    .map((sum) => ({ ...sum, ...names.of(sum) }));
  const ownTotals = totals.filter(isShown);
  return [
    ...sessionFamilies(db, session, sums.ledger),
    leftOut(totals, shown),
    ...diskFamilies(ownTotals),
    ...operationFamilies(ownTotals),
    durations(ownTotals, histograms),
    ...classFamilies([...sums.classes.values()]),
  ];
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

type Who = {
  cgroup_key: number;
  cgroup_path: string | null;
  container: string | null;
  pod: string | null;
  namespace: string | null;
};
type Total = Who & TotalSum & { op: string; device: string | null };
type Histogram = Who & HistogramSum & { op: string };

type Keyed = { readonly cgroup_key: number; readonly op_id: number };
type Names = {
  readonly of: (sum: Keyed) => Who & { readonly op: string };
  readonly device: (sum: { readonly device_key: number }) => { readonly device: string | null };
};

/** Names as they are now: a container may have got its own after its first operation. */
function readNames(db: Db, sessionId: number): Names {
  const cgroups = db
    .prepare<[number], Who>(
      'SELECT cgroup_key, cgroup_path, container, pod, namespace FROM cgroups WHERE session_id = ?',
    )
    .all(sessionId);
  const byKey = new Map(cgroups.map((row) => [row.cgroup_key, row]));
  const ops = new Map(db.prepare<[], [number, string]>('SELECT op_id, op FROM ops').raw().all());
  const devices = new Map(
    db.prepare<[], [number, string]>('SELECT device_key, device FROM devices').raw().all(),
  );
  const unknown = { cgroup_path: null, container: null, pod: null, namespace: null };
  return {
    of: ({ cgroup_key, op_id }) => ({
      ...(byKey.get(cgroup_key) ?? { cgroup_key, ...unknown }),
      op: ops.get(op_id) ?? String(op_id),
    }),
    device: ({ device_key }) => ({ device: devices.get(device_key) ?? null }),
  };
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

function durations(totals: readonly Total[], histograms: readonly Histogram[]): Family {
  const labels = (row: Who & { readonly op: string }): Labels => ({ ...ownerLabels(row), op: row.op });
  const groups = new Map<string, { labels: Labels; counts: number[] }>();
  for (const row of histograms) {
    const key = JSON.stringify(labels(row));
    const group = groups.get(key);
    if (group) group.counts = group.counts.map((count, index) => count + (row.counts[index] ?? 0));
    else groups.set(key, { labels: labels(row), counts: [...row.counts] });
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
      histogramSamples(group.labels, group.counts, (latencies.get(key) ?? 0) / NS_PER_SECOND),
    ),
  };
}

/** Each bound with all that is below it. */
function histogramSamples(labels: Labels, counts: readonly number[], sum: number): Sample[] {
  let total = 0;
  const bounds = counts.map((count, index) => {
    total += count;
    return sample({ ...labels, le: BOUND_TEXTS[index] ?? '+Inf' }, total, '_bucket');
  });
  return [...bounds, sample(labels, sum, '_sum'), sample(labels, total, '_count')];
}

// A bound belongs to what is below it, and latencies are whole ns: the largest of them is 2^N − 1.
const BOUND_TEXTS = BOUND_EXPONENTS.map((exponent) => String((2 ** exponent - 1) / NS_PER_SECOND));

/** Shares of the file classes in each operation, of all containers and the host together. */
function classFamilies(totals: readonly ClassSum[]): Family[] {
  const labels = (row: ClassSum): Labels => ({ class: row.class, op: row.op });
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

const US_PER_SECOND = 1e6;

function sessionFamilies(db: Db, session: SessionRow, ledger: LedgerSum): Family[] {
  const id = session.session_id;
  const { session_id, ...names } = session;
  return [
    {
      name: 'iotrace_session',
      type: 'info',
      help: 'What records',
      samples: [sample({ session_id: String(session_id), ...names }, 1)],
    },
    ...costFamilies(ledger),
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

function costFamilies(sums: LedgerSum): Family[] {
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
