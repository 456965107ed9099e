import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups, sumOf } from '../../facts.ts';
import { shareExplained } from '../../share.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { severityOfShare } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import { isOneOf, tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';

export const LOG_CLASSES = ['container_log', 'log_file', 'journald'];

export const logWrites: Rule<'log-writes'> = {
  id: 'log-writes',
  about: 'Logs are most of what is written.',
  needs: ['block', 'classes'],
  thresholds: ['written_bytes_per_s', 'written_share'],
  rivals: ['writable-layer', 'fsync-storm'],
  yieldsTo: ['io-limit'],
  examine(facts) {
    const { ops, rows } = writesOf(facts);
    const all = sumOf(rows, (row) => row.size_bytes_per_s);
    const logs = rows.filter((row) => LOG_CLASSES.includes(row.class ?? ''));
    const size_bytes_per_s = sumOf(logs, (row) => row.size_bytes_per_s);
    const [largest] = groups(
      logs,
      ({ who }) => who,
      (row) => row.size_bytes_per_s,
    );
    if (
      largest &&
      over('written_bytes_per_s', size_bytes_per_s) &&
      over('written_share', size_bytes_per_s / all)
    ) {
      return found(facts, ops, largest.rows, {
        size_bytes_per_s,
        share_percent: (100 * size_bytes_per_s) / all,
      });
    }
    const of = { ops, and: isOneOf('class', LOG_CLASSES) };
    return {
      is: 'excluded',
      sentence: say('not.log-writes', { size_bytes_per_s }),
      sql: tableSql(facts.scope, { by: ['class'], of, measure: 'bytes' }),
    };
  },
};

/** SQL of what writesOf and readsOf count: memory has no disk. */
export const NOT_MEMORY = "place <> 'memory'";

/** FactRows that say who wrote how much: what programs wrote, where that was recorded, else what disks did. */
export function writesOf({ known, work }: Facts): { ops: string[]; rows: WorkFact[] } {
  const ops = known.has('file_io') ? ['write'] : ['block_write'];
  return { ops, rows: work.filter((row) => ops.includes(row.op) && row.place !== 'memory') };
}

type Size = { size_bytes_per_s: number; share_percent: number };

function found(
  facts: Facts,
  ops: readonly string[],
  rows: readonly [WorkFact, ...WorkFact[]],
  size: Size,
): Judgement {
  const { scope } = facts;
  const [first] = rows;
  const of = { ops, and: isOneOf('class', LOG_CLASSES) };
  const isTheirs = (row: WorkFact): boolean =>
    LOG_CLASSES.includes(row.class ?? '') && ['write', 'fsync', 'block_write'].includes(row.op);
  const explained = shareExplained(facts, isTheirs);
  return {
    is: 'found',
    finding: {
      severity: severityOfShare(explained),
      confidence: confidence(facts, 0.85, say('sure.log-writes', {})),
      share: explained,
      sentence: say('log-writes', { ...size }),
      who: first.who,
      device: first.device,
      file_class: first.class,
      proofs: [
        {
          title: say('proof.written-class', {}),
          sql: tableSql(scope, { by: ['class'], of: { ops, and: NOT_MEMORY }, measure: 'bytes' }),
        },
        {
          title: say('proof.log-files', {}),
          sql: tableSql(scope, { by: ['who', 'process', 'file'], of, measure: 'bytes' }),
        },
      ],
      mitigations: [
        { id: 'log-less', values: {} },
        { id: 'log-rotation', values: {} },
        { id: 'log-own-disk', values: {} },
      ],
    },
  };
}
