import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups, sumOf } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { found, severityOfShare } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import { DISK_OPS, shareExplained } from '../../share.ts';
import { isOneOf, tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';
import { PULL_CLASSES } from '../sync/fsync-storm.ts';
import { NOT_MEMORY, writesOf } from './log-writes.ts';

/** Images on their way in: what is pulled is written twice, as content and unpacked, and synced once per layer. */
export const imagePull: Rule<'image-pull'> = {
  id: 'image-pull',
  needs: ['block', 'classes'],
  thresholds: ['written_bytes_per_s', 'written_share'],
  rivals: ['log-writes', 'writable-layer', 'slow-device'],
  yieldsTo: ['io-limit'],
  about: 'Image content is most of what is written: it is stored, unpacked, and synced once per layer.',
  examine(facts) {
    const { ops, rows } = writesOf(facts);
    const all = sumOf(rows, (row) => row.size_bytes_per_s);
    const [puller] = groups(
      rows.filter(isOfImage),
      ({ who }) => who,
      (row) => row.size_bytes_per_s,
    );
    if (puller && over('written_bytes_per_s', puller.size) && over('written_share', puller.size / all)) {
      return finding(facts, ops, puller.rows, puller.size / all);
    }
    return {
      is: 'excluded',
      sentence: say('not.image-pull', { size_bytes_per_s: puller?.size ?? 0 }),
      sql: writtenSql(facts, ops),
    };
  },
};

const isOfImage = (row: WorkFact): boolean => PULL_CLASSES.includes(row.class ?? '');

const writtenSql = ({ scope }: Facts, ops: readonly string[]): string =>
  tableSql(scope, {
    by: ['who', 'process', 'class'],
    of: { ops, and: isOneOf('class', PULL_CLASSES) },
    measure: 'bytes',
  });

function finding(
  facts: Facts,
  ops: readonly string[],
  rows: readonly [WorkFact, ...WorkFact[]],
  share: number,
): Judgement {
  const [{ who }] = rows;
  const [largest] = groups(
    rows,
    (row) => row.class ?? '',
    (row) => row.size_bytes_per_s,
  );
  const isTheirs = (row: WorkFact): boolean =>
    row.who === who &&
    isOfImage(row) &&
    ['read', 'write', 'open', 'close', 'fsync', ...DISK_OPS].includes(row.op);
  const explained = shareExplained(facts, isTheirs);
  return found({
    severity: severityOfShare(explained),
    confidence: confidence(facts, 0.9, say('sure.image-pull', {})),
    share: explained,
    sentence: say('image-pull', {
      who,
      size_bytes_per_s: sumOf(rows, (row) => row.size_bytes_per_s),
      share_percent: share * 100,
    }),
    who,
    device: largest?.rows[0].device ?? null,
    file_class: largest?.key ?? null,
    proofs: [
      {
        title: say('proof.written-class', {}),
        sql: tableSql(facts.scope, { by: ['class'], of: { ops, and: NOT_MEMORY }, measure: 'bytes' }),
      },
      { title: say('proof.image-content', {}), sql: writtenSql(facts, ops) },
    ],
    mitigations: [
      { id: 'pull-fewer-at-once', values: {} },
      { id: 'pull-ahead', values: {} },
      { id: 'containerd-own-disk', values: {} },
    ],
  });
}
