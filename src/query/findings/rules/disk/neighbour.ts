import { literal } from '../../../literal.ts';
import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups } from '../../facts.ts';
import type { Judgement, Mitigation, Rule } from '../../finding.ts';
import { found } from '../../finding.ts';
import type { BlameFact, WorkFact } from '../../queries.ts';
import { blameSql } from '../../queries.ts';
import { shareOf } from '../../share.ts';
import { compareSql, tableSql } from '../../sql.ts';
import { WHO_NAME } from '../../../who.ts';
import { over } from '../../thresholds.ts';

export const neighbour: Rule<'neighbour'> = {
  id: 'neighbour',
  about: 'Somebody is slow while somebody else keeps the disk busy.',
  needs: ['blame'],
  thresholds: ['blame_share', 'blame_slow_count', 'stalled_latency_ns', 'worth_naming_share'],
  rivals: ['slow-device', 'io-limit', 'fsync-storm'],
  yieldsTo: ['slow-device', 'io-limit'],
  examine(facts) {
    const cases = facts.blame.flatMap((row) => caseOf(facts, row) ?? []);
    const [worst] = cases.toSorted((a, b) => b.share - a.share);
    if (worst) return finding(facts, worst);
    return { is: 'excluded', sentence: say('not.neighbour', {}), sql: blameSql(facts.scope) };
  },
};

type Case = { readonly row: BlameFact; readonly victim: Facts['victims'][number]; readonly share: number };

/** A victim whose slow operations overlapped mostly the I/O of one other. */
function caseOf(facts: Facts, row: BlameFact): Case | undefined {
  const victim = facts.victims.find(({ who, op }) => who === row.victim && op === row.op);
  const own = facts.blame.find(
    (each) => each.victim === row.victim && each.op === row.op && each.culprit === row.victim,
  );
  const isOther = row.culprit !== row.victim && row.share_percent > (own?.share_percent ?? 0);
  const isPattern =
    over('blame_slow_count', row.slow_count) || over('stalled_latency_ns', row.overlap_ns_sum);
  const isBlamed = over('blame_share', row.share_percent / 100) && isPattern;
  if (!victim || !isOther || !isBlamed) return undefined;
  const isVictims = (each: WorkFact): boolean => each.who === row.victim && each.op === row.op;
  const share = (shareOf(facts, isVictims) * row.share_percent) / 100;
  return over('worth_naming_share', share) ? { row, victim, share } : undefined;
}

function finding(facts: Facts, { row, victim, share }: Case): Judgement {
  const { scope } = facts;
  const { culprit, op, share_percent, slow_count } = row;
  const doing = facts.work.filter((each) => each.who === culprit && each.op.startsWith('block_'));
  const [most] = groups(
    doing,
    (each) => each.op,
    (each) => each.wait_ns_per_s,
  );
  const [first] = most?.rows ?? [];
  const of = {
    ops: ['fsync', 'block_read', 'block_write', 'block_flush'],
    and: `${WHO_NAME} = ${literal(culprit)}`,
  };
  return found({
    severity: 'serious',
    confidence: confidence(facts, 0.7, say('sure.neighbour', { slow_count })),
    share,
    sentence: say('neighbour', { who: victim.who, op, culprit, share_percent }),
    who: culprit,
    device: first?.device ?? null,
    file_class: first?.class ?? null,
    proofs: [
      {
        title: say('proof.compare', { op, who: victim.who }),
        sql: compareSql(scope, { ops: [op], who: victim }),
      },
      {
        title: say('proof.blame', { who: victim.who }),
        sql: blameSql(scope, `victim = ${literal(victim.who)} AND op = ${literal(op)}`),
      },
      {
        title: say('proof.doing', { who: culprit }),
        sql: tableSql(scope, { by: ['op', 'class', 'file'], of, measure: 'wait' }),
      },
    ],
    mitigations: [
      { id: 'io-weight', values: {} },
      { id: 'io-limit', values: {} },
      { id: 'own-disk', values: {} },
      ...schedulerFor(facts, op, first?.device ?? null),
    ],
  });
}

/** A scheduler keeps reads from starving: it helps who reads, on a disk that has none. */
function schedulerFor({ device_settings }: Facts, op: string, device: string | null): Mitigation[] {
  const has = device_settings.find((row) => row.device === device)?.scheduler ?? 'none';
  return op === 'read' && has === 'none' ? [{ id: 'scheduler', values: {} }] : [];
}
