import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups, sumOf } from '../../facts.ts';
import { shareInside } from '../../share.ts';
import type { Rule, Judgement } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import type { Pick } from '../../sql.ts';
import { compareSql, doneSql, tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';

export const copyUp: Rule<'copy-up'> = {
  id: 'copy-up',
  about:
    'Overlayfs copies a file whole before it is first written: the program that opens it waits for all of it.',
  needs: ['copy_up'],
  thresholds: ['copy_up_ops_per_s', 'copy_up_latency_ns', 'copy_up_file_bytes'],
  rivals: ['fsync-storm', 'slow-device'],
  yieldsTo: [],
  examine(facts) {
    const copies = facts.work.filter(({ op }) => op === 'copy_up');
    const worst = groups(
      copies,
      ({ who }) => who,
      (row) => row.wait_ns_per_s,
    )[0];
    if (!worst) return { is: 'excluded', sentence: say('not.copy-up.none', {}), sql: allSql(facts) };
    const isStorm = over(
      'copy_up_ops_per_s',
      sumOf(worst.rows, (row) => row.ops_per_s),
    );
    const isLarge = worst.rows.some(isLargeCopy);
    if (!isStorm && !isLarge) return small(facts, copies);
    return found(facts, worst.rows, isLarge ? 'large' : 'storm');
  },
};

const isLargeCopy = ({ latency_ns_max, size_bytes_sum, op_count }: WorkFact): boolean =>
  over('copy_up_latency_ns', latency_ns_max ?? 0) ||
  over('copy_up_file_bytes', size_bytes_sum / Math.max(1, op_count));

const allSql = ({ scope }: Facts): string =>
  tableSql(scope, { by: ['who', 'file'], of: { ops: ['copy_up'] }, measure: 'wait' });

function small(facts: Facts, copies: readonly WorkFact[]): Judgement {
  const sentence = say('not.copy-up', {
    op_count: sumOf(copies, (row) => row.op_count),
    latency_ns_max: Math.max(...copies.map(({ latency_ns_max }) => latency_ns_max ?? 0)),
  });
  return { is: 'excluded', sentence, sql: totalSql(facts, { ops: ['copy_up'] }) };
}

function found(facts: Facts, rows: readonly [WorkFact, ...WorkFact[]], kind: 'large' | 'storm'): Judgement {
  const { scope } = facts;
  const [first] = rows;
  const of = { ops: ['copy_up'], who: first };
  const values = {
    who: first.who,
    op_count: sumOf(rows, (row) => row.op_count),
    size_bytes_sum: sumOf(rows, (row) => row.size_bytes_sum),
    latency_ns_max: Math.max(...rows.map(({ latency_ns_max }) => latency_ns_max ?? 0)),
  };
  return {
    is: 'found',
    finding: {
      severity: 'serious',
      confidence: confidence(facts, 0.95, say('sure.copy-up', {})),
      share: shareInside(facts, rows, ['open', 'write', 'copy_up']),
      sentence: say(`copy-up.${kind}`, values),
      who: first.who,
      device: first.device,
      file_class: first.class,
      proofs: [
        { title: say('proof.copy-up-total', { who: first.who }), sql: totalSql(facts, of) },
        {
          title: say('proof.copy-up-files', { who: first.who }),
          sql: tableSql(scope, { by: ['process', 'file'], of, measure: 'wait' }),
        },
        { title: say('proof.compare', { op: 'copy_up', who: first.who }), sql: compareSql(scope, of) },
      ],
      mitigations: [
        { id: 'volume-instead-of-copy-up', values: { container: first.container ?? '' } },
        { id: 'overlay-metacopy', values: {} },
      ],
    },
  };
}

const totalSql = ({ scope }: Facts, of: Pick): string => `${doneSql(scope, [], of)}
SELECT sum(op_count) AS op_count, sum(size_bytes_sum) AS size_bytes_sum,
  max(latency_ns_max) AS latency_ns_max, sum(latency_ns_sum) AS latency_ns_sum
FROM done WHERE phase = 'window'`;
