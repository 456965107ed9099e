import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups, sumOf } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { found } from '../../finding.ts';
import type { DeletedFact } from '../../queries.ts';
import { queries } from '../../queries.ts';
import { over } from '../../thresholds.ts';

export const deletedFiles: Rule<'deleted-files'> = {
  id: 'deleted-files',
  about: 'Deleted files that somebody holds open: space that df misses and du does not find.',
  needs: ['deleted'],
  thresholds: ['deleted_bytes', 'deleted_share', 'deleted_looked_s'],
  rivals: ['space'],
  isThreat: true,
  yieldsTo: [],
  examine(facts) {
    const held = groups(
      facts.deleted,
      ({ who }) => who,
      ({ allocated_bytes }) => allocated_bytes,
    );
    const [most] = held;
    if (most && isMuch(facts, most.rows)) return finding(facts, most.rows);
    const allocated_bytes = sumOf(facts.deleted, (row) => row.allocated_bytes);
    return {
      is: 'excluded',
      sentence: say('not.deleted-files', { allocated_bytes }),
      sql: queries.deleted(facts.scope),
    };
  },
};

function isMuch({ filesystems }: Facts, rows: readonly DeletedFact[]): boolean {
  const size = sumOf(rows, (row) => row.allocated_bytes);
  const shares = groups(
    rows,
    ({ device }) => device ?? '',
    ({ allocated_bytes }) => allocated_bytes,
  ).map((group) => {
    const filesystem = filesystems.find(({ device }) => device === group.key);
    return filesystem ? group.size / filesystem.size_bytes : 0;
  });
  return over('deleted_bytes', size) || shares.some((share) => over('deleted_share', share));
}

function finding(facts: Facts, rows: readonly [DeletedFact, ...DeletedFact[]]): Judgement {
  const [first] = rows;
  const { who, namespace, pod, process, pid, path } = first;
  const full = facts.filesystems.some(
    ({ device, used_percent }) => device === first.device && over('used_percent', used_percent),
  );
  return found({
    severity: full ? 'serious' : 'notice',
    confidence: confidence(facts, 0.95, say('sure.deleted-files', {})),
    share: null,
    sentence: say(rows.length === 1 ? 'deleted-files.one' : 'deleted-files', {
      who,
      process,
      file: path,
      allocated_bytes: sumOf(rows, (row) => row.allocated_bytes),
      file_count: rows.length,
    }),
    who,
    device: first.device,
    proofs: [{ title: say('proof.deleted', {}), sql: queries.deleted(facts.scope) }],
    mitigations: [
      { id: 'close-deleted', values: { pid: String(pid ?? ''), pod: pod ?? '', namespace: namespace ?? '' } },
    ],
  });
}
