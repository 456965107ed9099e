import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups, sumOf } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { found, severityOfShare } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import { shareExplained } from '../../share.ts';
import { tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';

export const layerReads: Rule<'layer-reads'> = {
  id: 'layer-reads',
  about: 'A container that reads its image from the disk: a cold start, or a cache too small for it.',
  needs: ['block', 'classes'],
  thresholds: ['layer_read_ops_per_s', 'read_share'],
  rivals: ['log-reads', 'swap'],
  yieldsTo: ['io-limit'],
  examine(facts) {
    const reads = facts.work.filter(({ op }) => op === 'block_read');
    const all = sumOf(reads, (row) => row.size_bytes_per_s);
    const ofLayers = reads.filter(({ place }) => place === 'image_layer');
    const [most] = groups(
      ofLayers,
      ({ who }) => who,
      (row) => row.size_bytes_per_s,
    );
    const ops_per_s = sumOf(ofLayers, (row) => row.ops_per_s);
    const size = sumOf(ofLayers, (row) => row.size_bytes_per_s);
    if (most && over('layer_read_ops_per_s', ops_per_s) && over('read_share', size / all)) {
      return finding(facts, most.rows, size / all);
    }
    return {
      is: 'excluded',
      sentence: say('not.layer-reads', { ops_per_s }),
      sql: tableSql(facts.scope, {
        by: ['place'],
        of: { ops: ['block_read'], and: `place = 'image_layer'` },
        measure: 'bytes',
      }),
    };
  },
};

function finding(facts: Facts, rows: readonly [WorkFact, ...WorkFact[]], share: number): Judgement {
  const [first] = rows;
  const isTheirs = (row: WorkFact): boolean =>
    row.place === 'image_layer' && ['block_read', 'read', 'open'].includes(row.op);
  const explained = shareExplained(facts, isTheirs);
  return found({
    severity: severityOfShare(explained),
    confidence: confidence(facts, 0.8, say('sure.layer-reads', {})),
    share: explained,
    sentence: say('layer-reads', {
      who: first.who,
      ops_per_s: sumOf(rows, (row) => row.ops_per_s),
      size_bytes_per_s: sumOf(rows, (row) => row.size_bytes_per_s),
      share_percent: share * 100,
    }),
    who: first.who,
    device: first.device,
    file_class: first.class,
    proofs: [
      {
        title: say('proof.read-who', {}),
        sql: tableSql(facts.scope, { by: ['who', 'place'], of: { ops: ['block_read'] }, measure: 'bytes' }),
      },
      {
        title: say('proof.read-files', { who: first.who }),
        sql: tableSql(facts.scope, {
          by: ['process', 'file'],
          of: { ops: ['block_read'], who: first, and: `place = 'image_layer'` },
          measure: 'bytes',
        }),
      },
    ],
    mitigations: [
      { id: 'pull-ahead', values: {} },
      { id: 'lazy-snapshotter', values: {} },
      { id: 'memory-limit', values: {} },
    ],
  });
}
