import { literal } from '../../../literal.ts';
import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { addedWait, groups, sumOf } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { found } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import { shareInside } from '../../share.ts';
import { tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';

export const journal: Rule<'journal'> = {
  id: 'journal',
  about:
    'Syncs of one wait for commits of the journal that another asked for: all of a file system share one.',
  needs: ['journal'],
  thresholds: ['waiting_ns_per_s', 'blame_share'],
  rivals: ['fsync-storm', 'slow-device'],
  yieldsTo: ['slow-device', 'io-limit'],
  examine(facts) {
    const waits = facts.work.filter(({ op }) => op === 'journal_wait');
    const commits = facts.work.filter(({ op }) => op === 'journal_commit');
    const [device] = groups(waits, (row) => row.device ?? '', addedWait);
    if (device && over('waiting_ns_per_s', device.size)) {
      const contention = contentionOn(device.key, waits, commits);
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
  readonly asker: readonly [WorkFact, ...WorkFact[]];
  /** Part of the commits asked for by the asker. */
  readonly share: number;
};

/** Who waits most for commits that mostly somebody else asked for. */
function contentionOn(
  device: string,
  waits: readonly WorkFact[],
  commits: readonly WorkFact[],
): Contention | undefined {
  const onDevice = (row: WorkFact): boolean => row.device === device;
  const asked = commits.filter(onDevice);
  const [asker] = groups(
    asked,
    ({ who }) => who,
    (row) => row.ops_per_s,
  );
  if (!asker) return undefined;
  const share = asker.size / sumOf(asked, (row) => row.ops_per_s);
  const others = waits.filter((row) => onDevice(row) && row.who !== asker.key);
  const [waiter] = groups(others, ({ who }) => who, addedWait);
  const isBlamed = over('blame_share', share) && waiter && over('waiting_ns_per_s', waiter.size);
  return isBlamed ? { device, waiter: waiter.rows, asker: asker.rows, share } : undefined;
}

function finding(facts: Facts, { device, waiter, asker, share }: Contention): Judgement {
  const and = `device = ${literal(device)}`;
  return found({
    severity: 'serious',
    confidence: confidence(facts, 0.75, say('sure.journal', {})),
    share: shareInside(facts, waiter, ['fsync', 'write', 'open', 'close']),
    sentence: say('journal', {
      who: waiter[0].who,
      device,
      wait_ns_per_s: sumOf(waiter, (row) => row.wait_ns_per_s),
      asker: asker[0].who,
      share_percent: share * 100,
    }),
    who: asker[0].who,
    device,
    file_class: 'journal',
    proofs: [
      {
        title: say('proof.journal-waits', { device }),
        sql: tableSql(facts.scope, {
          by: ['who', 'process'],
          of: { ops: ['journal_wait'], and },
          measure: 'wait',
        }),
      },
      {
        title: say('proof.journal-commits', { device }),
        sql: tableSql(facts.scope, {
          by: ['who', 'variant'],
          of: { ops: ['journal_commit'], and },
          measure: 'ops',
        }),
      },
    ],
    mitigations: [
      { id: 'batch-fsync', values: {} },
      { id: 'own-disk', values: {} },
      { id: 'ext4-fast-commit', values: {} },
      { id: 'ext4-writeback', values: {} },
    ],
  });
}
