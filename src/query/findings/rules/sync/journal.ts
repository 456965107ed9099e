import { literal } from '../../../literal.ts';
import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { addedWait, groups, sumOf } from '../../facts.ts';
import type { Judgement, Proof, Rule } from '../../finding.ts';
import { found } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import { shareInside } from '../../share.ts';
import { isAsked, isOneOf, tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';

export const journal: Rule<'journal'> = {
  id: 'journal',
  about:
    'Syncs of one wait for commits of the journal that another makes long, by data that must be written first or by asking so often: all of a file system share one journal.',
  needs: ['journal'],
  thresholds: ['waiting_ns_per_s', 'blame_share', 'ordered_data_share'],
  rivals: ['fsync-storm', 'slow-device'],
  yieldsTo: ['slow-device', 'io-limit'],
  examine(facts) {
    const waits = facts.work.filter(({ op }) => op === 'journal_wait');
    const [device] = groups(waits, (row) => row.device ?? '', addedWait);
    if (device && over('waiting_ns_per_s', device.size)) {
      const contention = contentionOn(facts, device.key, waits);
      if (contention) return finding(facts, contention);
    }
    return {
      is: 'excluded',
      sentence: say('not.journal', { wait_ns_per_s: sumOf(waits, (row) => row.wait_ns_per_s) }),
      sql: tableSql(facts.scope, { by: ['op'], of: { ops: ['journal_wait'] }, measure: 'wait' }),
    };
  },
};

type Contention = {
  readonly device: string;
  readonly waiter: readonly [WorkFact, ...WorkFact[]];
  readonly culprit: string;
  /** Why commits take long: the data of files that must be written first, or commits asked for so often. */
  readonly because: 'data' | 'asked';
  /** Part of that data, or of the time of commits, that is the culprit's. */
  readonly share: number;
  readonly size_bytes_per_s: number;
};

/** Who waits most for commits that somebody else makes long. */
function contentionOn(facts: Facts, device: string, waits: readonly WorkFact[]): Contention | undefined {
  const commits = facts.work.filter((row) => row.op === 'journal_commit' && row.device === device);
  const culprit = isOfData(commits) ? writerOf(facts, device) : askerOf(commits);
  if (!culprit || !over('blame_share', culprit.share)) return undefined;
  const others = waits.filter(
    (row) => row.device === device && row.who !== culprit.culprit && isAsked(facts.scope, row),
  );
  const [waiter] = groups(others, ({ who }) => who, addedWait);
  return waiter && over('waiting_ns_per_s', waiter.size)
    ? { device, waiter: waiter.rows, ...culprit }
    : undefined;
}

type Culprit = Pick<Contention, 'culprit' | 'because' | 'share' | 'size_bytes_per_s'>;

/** Whether most of the time of commits is spent before the journal is written: on ordered data. */
function isOfData(commits: readonly WorkFact[]): boolean {
  const all = sumOf(commits, (row) => row.wait_ns_per_s);
  const logging = sumOf(commits, (row) => row.inner_ns_per_s);
  return logging > 0 && over('ordered_data_share', 1 - logging / all);
}

/** Who writes most data of files to the disks below the file system: in ordered mode a commit waits for it. */
function writerOf(facts: Facts, device: string): Culprit | undefined {
  const disks = facts.device_disks.filter((row) => row.device === device).map(({ disk }) => disk);
  const written = facts.work.filter(
    (row) =>
      row.op === 'block_write' &&
      (row.device === device || disks.includes(row.device ?? '')) &&
      !NO_DATA.includes(row.class ?? ''),
  );
  const [most] = groups(
    written,
    ({ who }) => who,
    (row) => row.size_bytes_per_s,
  );
  if (!most) return undefined;
  const share = most.size / sumOf(written, (row) => row.size_bytes_per_s);
  return { culprit: most.key, because: 'data', share, size_bytes_per_s: most.size };
}

const NO_DATA = ['journal', 'fs_metadata'];

/** Who asked for the commits that took most of the time. */
function askerOf(commits: readonly WorkFact[]): Culprit | undefined {
  const [most] = groups(
    commits,
    ({ who }) => who,
    (row) => row.wait_ns_per_s,
  );
  if (!most) return undefined;
  const share = most.size / sumOf(commits, (row) => row.wait_ns_per_s);
  return { culprit: most.key, because: 'asked', share, size_bytes_per_s: 0 };
}

function finding(facts: Facts, contention: Contention): Judgement {
  const { device, waiter, culprit, because, share, size_bytes_per_s } = contention;
  const wait_ns_per_s = sumOf(waiter, (row) => row.wait_ns_per_s);
  const values = { who: waiter[0].who, device, wait_ns_per_s, share_percent: share * 100 };
  return found({
    severity: 'serious',
    confidence: confidence(facts, 0.75, say(because === 'data' ? 'sure.journal.data' : 'sure.journal', {})),
    share: shareInside(facts, waiter, ['fsync', 'write', 'open', 'close']),
    sentence:
      because === 'data'
        ? say('journal.data', { ...values, culprit, size_bytes_per_s })
        : say('journal', { ...values, asker: culprit }),
    who: culprit,
    device,
    file_class: because === 'data' ? null : 'journal',
    proofs: proofsOf(facts, contention),
    mitigations:
      because === 'data'
        ? [
            { id: 'own-disk', values: {} },
            { id: 'dirty-limits', values: {} },
            { id: 'ext4-writeback', values: {} },
          ]
        : [
            { id: 'batch-fsync', values: {} },
            { id: 'own-disk', values: {} },
            { id: 'ext4-fast-commit', values: {} },
          ],
  });
}

function proofsOf(facts: Facts, { device, because }: Contention): Proof[] {
  const { scope, device_disks } = facts;
  const and = `device = ${literal(device)}`;
  const disks = [device, ...device_disks.filter((row) => row.device === device).map(({ disk }) => disk)];
  const data = `${isOneOf('device', disks)} AND NOT ${isOneOf("ifnull(class, '')", NO_DATA)}`;
  return [
    {
      title: say('proof.journal-waits', { device }),
      sql: tableSql(scope, { by: ['who', 'process'], of: { ops: ['journal_wait'], and }, measure: 'wait' }),
    },
    ...(because === 'data'
      ? [
          {
            title: say('proof.journal-data', { device }),
            sql: tableSql(scope, { by: ['who'], of: { ops: ['block_write'], and: data }, measure: 'bytes' }),
          },
        ]
      : []),
    {
      title: say('proof.journal-commits', { device }),
      sql: tableSql(scope, { by: ['who'], of: { ops: ['journal_commit'], and }, measure: 'wait' }),
    },
  ];
}
