import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { addedWait, groups, sumOf } from '../../facts.ts';
import type { Mitigation, Rule, Judgement } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import { DISK_OPS, shareExplained } from '../../share.ts';
import { compareSql, isOneOf, tableSql } from '../../sql.ts';
import { over, thresholds } from '../../thresholds.ts';

const RUNTIME_CLASSES = ['containerd_metadata', 'snapshotter_metadata', 'image_metadata', 'runtime_state'];
/** What the runtime writes of an image: compressed, and unpacked. */
export const PULL_CLASSES = ['content_ingest', 'content_blob', 'snapshot_unpack'];

type Origin = 'runtime' | 'pull' | 'program';

export const fsyncStorm: Rule<'fsync-storm'> = {
  id: 'fsync-storm',
  about:
    'Many syncs, of one program or of the container runtime: each waits for the disk to say that it has everything.',
  needs: ['fsync'],
  thresholds: ['fsync_ops_per_s', 'fsync_grown_ops_per_s', 'grown_times', 'waiting_ns_per_s'],
  rivals: ['slow-device', 'queueing', 'journal', 'io-limit'],
  yieldsTo: ['io-limit', 'dirty-throttling', 'slow-device', 'device-errors'],
  examine(facts) {
    const syncs = facts.work.filter(({ op, class: kind }) => op === 'fsync' && kind !== 'iotrace');
    const storms = groups(syncs, ({ who, class: kind }) => `${originOf(kind)} ${who}`, addedWait);
    const storm = storms.find(({ rows }) => isStorm(rows));
    return storm ? found(facts, storm.rows) : excluded(facts, syncs);
  },
};

function originOf(kind: string | null): Origin {
  if (RUNTIME_CLASSES.includes(kind ?? '')) return 'runtime';
  return PULL_CLASSES.includes(kind ?? '') ? 'pull' : 'program';
}

/** Whether they sync so often that it hurts, and more often than before. */
function isStorm(rows: readonly WorkFact[]): boolean {
  const rate = sumOf(rows, (row) => row.ops_per_s);
  const wait = sumOf(rows, (row) => row.wait_ns_per_s);
  if (!over('waiting_ns_per_s', wait)) return false;
  if (rows.some((row) => row.before_ops_per_s === null)) return over('fsync_ops_per_s', rate);
  const beforeRate = sumOf(rows, (row) => row.before_ops_per_s ?? 0);
  const isMore = over('fsync_grown_ops_per_s', rate) && rate >= beforeRate * thresholds.grown_times.value;
  return (
    isMore && rateShare(rate / beforeRate, wait / sumOf(rows, (row) => row.before_wait_ns_per_s ?? 0)) >= 0.5
  );
}

/** Waiting is syncs times latency: the part of its growth that is more syncs, on a logarithmic scale. */
function rateShare(rateTimes: number, waitTimes: number): number {
  return Number.isFinite(rateTimes) && waitTimes > 1 ? Math.log(rateTimes) / Math.log(waitTimes) : 1;
}

function found(facts: Facts, rows: readonly [WorkFact, ...WorkFact[]]): Judgement {
  const { scope } = facts;
  const [first] = rows;
  const origin = originOf(first.class);
  const [largest] = groups(
    rows,
    (row) => row.class ?? '',
    (row) => row.wait_ns_per_s,
  );
  const isTheirs = (row: WorkFact): boolean =>
    row.who === first.who && originOf(row.class) === origin && [...DISK_OPS, 'fsync'].includes(row.op);
  const syncs = { ops: ['fsync'], who: first };
  const of = { ...syncs, and: classesOf(origin) };
  const numbers = {
    ops_per_s: sumOf(rows, (row) => row.ops_per_s),
    before_ops_per_s: scope.hasBaseline ? sumOf(rows, (row) => row.before_ops_per_s ?? 0) : null,
    wait_ns_per_s: sumOf(rows, (row) => row.wait_ns_per_s),
  };
  return {
    is: 'found',
    finding: {
      severity: 'serious',
      confidence: confidence(facts, 0.9, say('sure.fsync-storm', {})),
      share: shareExplained(facts, isTheirs),
      sentence: sentenceOf(origin, first.who, numbers),
      who: first.who,
      device: largest?.rows[0].device ?? null,
      file_class: largest?.key ?? null,
      proofs: [
        { title: say('proof.compare', { op: 'fsync', who: first.who }), sql: compareSql(scope, syncs) },
        {
          title: say('proof.fsync-files', { who: first.who }),
          sql: tableSql(scope, { by: ['process', 'file', 'class'], of, measure: 'wait' }),
        },
        {
          title: say('proof.fsync-who', {}),
          sql: tableSql(scope, { by: ['who', 'class'], of: { ops: ['fsync'] }, measure: 'wait' }),
        },
      ],
      mitigations: mitigationsOf(origin, first, largest?.key ?? ''),
    },
  };
}

type Numbers = { ops_per_s: number; before_ops_per_s: number | null; wait_ns_per_s: number };

function sentenceOf(origin: Origin, who: string, { before_ops_per_s, ...numbers }: Numbers) {
  if (before_ops_per_s === null) return say(`fsync-storm.${origin}`, { who, ...numbers });
  return say(`fsync-storm.${origin}.grown`, { who, before_ops_per_s, ...numbers });
}

function classesOf(origin: Origin): string {
  switch (origin) {
    case 'runtime':
      return isOneOf('class', RUNTIME_CLASSES);
    case 'pull':
      return isOneOf('class', PULL_CLASSES);
    case 'program':
      return `NOT ${isOneOf('class', [...RUNTIME_CLASSES, ...PULL_CLASSES, 'iotrace'])}`;
  }
}

/** How each kind of database syncs less often. */
const OF_CLASS: Readonly<Record<string, readonly Mitigation['id'][]>> = {
  etcd_wal: ['etcd-own-disk'],
  postgres_wal: ['postgres-group-commit', 'postgres-async-commit'],
  mysql_redo: ['mysql-flush-per-second'],
  mysql_binlog: ['mysql-flush-per-second'],
  redis_aof: ['redis-everysec'],
  sqlite_journal: ['sqlite-wal'],
  sqlite_data: ['sqlite-wal'],
};

function mitigationsOf(origin: Origin, { who, container }: WorkFact, kind: string): Mitigation[] {
  const values = { who, container: container ?? who };
  const of = (...ids: Mitigation['id'][]): Mitigation[] => ids.map((id) => ({ id, values }));
  switch (origin) {
    case 'runtime':
      return of('containerd-own-disk', 'fewer-container-starts', 'containerd-no-sync');
    case 'pull':
      return of('pull-fewer-at-once', 'pull-ahead', 'containerd-own-disk');
    case 'program':
      return of(...(OF_CLASS[kind] ?? ['batch-fsync']), 'own-disk', 'io-limit');
  }
}

function excluded(facts: Facts, syncs: readonly WorkFact[]): Judgement {
  const ops_per_s = sumOf(syncs, (row) => row.ops_per_s);
  const before_ops_per_s = sumOf(syncs, (row) => row.before_ops_per_s ?? 0);
  const sql = tableSql(facts.scope, {
    by: ['op'],
    of: { ops: ['fsync'], and: `class <> 'iotrace'` },
    measure: 'wait',
  });
  const sentence = facts.scope.hasBaseline
    ? say('not.fsync-storm.grown', { before_ops_per_s, ops_per_s })
    : say('not.fsync-storm', { ops_per_s });
  return { is: 'excluded', sentence, sql };
}
