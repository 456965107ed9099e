import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups, sumOf } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { found, severityOfShare } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import { shareExplained } from '../../share.ts';
import { isOneOf, tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';
import { LOG_CLASSES, NOT_MEMORY } from './log-writes.ts';

export const logReads: Rule<'log-reads'> = {
  id: 'log-reads',
  about: 'Whoever collects logs reads more than anybody else.',
  needs: ['block', 'classes'],
  thresholds: ['read_bytes_per_s', 'read_share'],
  rivals: ['layer-reads', 'log-writes'],
  yieldsTo: ['io-limit'],
  examine(facts) {
    const { op, rows } = readsOf(facts);
    const all = sumOf(rows, (row) => row.size_bytes_per_s);
    const logs = rows.filter(isLog);
    const [most] = groups(
      logs,
      ({ who }) => who,
      (row) => row.size_bytes_per_s,
    );
    const size_bytes_per_s = sumOf(logs, (row) => row.size_bytes_per_s);
    if (most && over('read_bytes_per_s', most.size) && over('read_share', size_bytes_per_s / all)) {
      return finding(facts, op, most.rows, most.size / all);
    }
    return {
      is: 'excluded',
      sentence: say('not.log-reads', { size_bytes_per_s }),
      sql: tableSql(facts.scope, {
        by: ['class'],
        of: { ops: [op], and: isOneOf('class', LOG_CLASSES) },
        measure: 'bytes',
      }),
    };
  },
};

const isLog = (row: WorkFact): boolean => LOG_CLASSES.includes(row.class ?? '');

/** FactRows that say who read how much: what programs read, where that was recorded, else what disks did. */
function readsOf({ known, work }: Facts): { op: 'read' | 'block_read'; rows: WorkFact[] } {
  const op = known.has('file_io') ? 'read' : 'block_read';
  return { op, rows: work.filter((row) => row.op === op && row.place !== 'memory') };
}

function finding(
  facts: Facts,
  op: string,
  rows: readonly [WorkFact, ...WorkFact[]],
  share: number,
): Judgement {
  const [first] = rows;
  const explained = shareExplained(facts, (row) => isLog(row) && ['read', 'block_read'].includes(row.op));
  const of = { ops: [op], and: isOneOf('class', LOG_CLASSES) };
  const size_bytes_per_s = sumOf(rows, (row) => row.size_bytes_per_s);
  return found({
    severity: severityOfShare(explained),
    confidence: confidence(facts, 0.85, say('sure.log-reads', {})),
    share: explained,
    sentence: say('log-reads', { who: first.who, size_bytes_per_s, share_percent: share * 100 }),
    who: first.who,
    device: first.device,
    file_class: first.class,
    proofs: [
      {
        title: say('proof.read-who', {}),
        sql: tableSql(facts.scope, {
          by: ['who', 'class'],
          of: { ops: [op], and: NOT_MEMORY },
          measure: 'bytes',
        }),
      },
      {
        title: say('proof.log-files', {}),
        sql: tableSql(facts.scope, { by: ['who', 'process', 'file'], of, measure: 'bytes' }),
      },
    ],
    mitigations: [
      { id: 'log-agent', values: {} },
      { id: 'log-rotation', values: {} },
      { id: 'log-own-disk', values: {} },
    ],
  });
}
