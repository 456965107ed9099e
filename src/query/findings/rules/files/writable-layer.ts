import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups, sumOf } from '../../facts.ts';
import { shareExplained } from '../../share.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { severityOfShare } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import { tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';
import { NOT_MEMORY, writesOf } from './log-writes.ts';

export const writableLayer: Rule<'writable-layer'> = {
  id: 'writable-layer',
  about:
    'Heavy writing into a container’s own layer, which overlayfs and the snapshot pay for; it wants a volume.',
  needs: ['block', 'classes'],
  thresholds: ['written_bytes_per_s', 'written_share'],
  rivals: ['log-writes', 'copy-up'],
  yieldsTo: ['copy-up', 'dirty-throttling', 'io-limit', 'log-writes'],
  examine(facts) {
    const { ops, rows } = writesOf(facts);
    const all = sumOf(rows, (row) => row.size_bytes_per_s);
    const inLayer = rows.filter(({ place }) => place === 'writable_layer');
    const [worst] = groups(
      inLayer,
      ({ who }) => who,
      (row) => row.size_bytes_per_s,
    );
    if (worst && over('written_bytes_per_s', worst.size) && over('written_share', worst.size / all)) {
      return found(facts, ops, worst.rows, worst.size / all);
    }
    const of = { ops, and: `place = 'writable_layer'` };
    return {
      is: 'excluded',
      sentence: say('not.writable-layer', {
        size_bytes_per_s: sumOf(inLayer, (row) => row.size_bytes_per_s),
      }),
      sql: tableSql(facts.scope, { by: ['place'], of, measure: 'bytes' }),
    };
  },
};

function found(
  facts: Facts,
  ops: readonly string[],
  rows: readonly [WorkFact, ...WorkFact[]],
  share: number,
): Judgement {
  const { scope } = facts;
  const [first] = rows;
  const { who } = first;
  const of = { ops, who: first, and: `place = 'writable_layer'` };
  const isTheirs = (row: WorkFact): boolean => row.who === who && row.place === 'writable_layer';
  const explained = shareExplained(facts, isTheirs);
  return {
    is: 'found',
    finding: {
      severity: severityOfShare(explained),
      confidence: confidence(facts, 0.85, say('sure.writable-layer', {})),
      share: explained,
      sentence: say('writable-layer', {
        who,
        size_bytes_per_s: sumOf(rows, (row) => row.size_bytes_per_s),
        share_percent: share * 100,
      }),
      who,
      device: first.device,
      file_class: 'writable_layer',
      proofs: [
        {
          title: say('proof.written-who', {}),
          sql: tableSql(scope, { by: ['who', 'place'], of: { ops, and: NOT_MEMORY }, measure: 'bytes' }),
        },
        {
          title: say('proof.written-files', { who }),
          sql: tableSql(scope, { by: ['process', 'file'], of, measure: 'bytes' }),
        },
      ],
      mitigations: [{ id: 'volume', values: { container: first.container ?? '' } }],
    },
  };
}
