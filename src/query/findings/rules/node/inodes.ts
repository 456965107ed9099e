import { literal } from '../../../literal.ts';
import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { found } from '../../finding.ts';
import type { FilesystemFact } from '../../queries.ts';
import { filesystemsSql, noSpaceSql, upperdirsSql } from '../../queries.ts';
import { over } from '../../thresholds.ts';

export const inodes: Rule<'inodes'> = {
  id: 'inodes',
  about: 'A file system that has space left, and nowhere to note another file.',
  needs: ['filesystems'],
  thresholds: ['used_percent', 'full_percent'],
  rivals: ['space', 'small-files'],
  isThreat: true,
  yieldsTo: [],
  examine(facts) {
    const [fullest] = facts.filesystems.toSorted(
      (a, b) => (b.inode_used_percent ?? 0) - (a.inode_used_percent ?? 0),
    );
    const inode_used_percent = fullest?.inode_used_percent ?? 0;
    if (fullest && over('used_percent', inode_used_percent))
      return finding(facts, fullest, inode_used_percent);
    return {
      is: 'excluded',
      sentence: say('not.inodes', { mount_point: fullest?.mount_point ?? '-', inode_used_percent }),
      sql: filesystemsSql(facts.scope, fullest ? `mount_point = ${literal(fullest.mount_point)}` : 'TRUE'),
    };
  },
};

function finding(facts: Facts, row: FilesystemFact, inode_used_percent: number): Judgement {
  const { mount_point, inode_free_count, device } = row;
  const [failing] = facts.no_space;
  const values = { mount_point, inode_used_percent, inode_free_count };
  return found({
    severity: over('full_percent', inode_used_percent) ? 'critical' : 'serious',
    confidence: confidence(facts, 0.95, say('sure.filesystems', {})),
    share: null,
    sentence: failing ? say('inodes.failing', { ...values, who: failing.who }) : say('inodes', values),
    who: failing?.who ?? null,
    device,
    proofs: [
      {
        title: say('proof.filesystem', { mount_point }),
        sql: filesystemsSql(facts.scope, `mount_point = ${literal(mount_point)}`),
      },
      ...(facts.upperdirs.some(({ file_count }) => file_count > 0)
        ? [{ title: say('proof.upperdirs', {}), sql: upperdirsSql(facts.scope, 'file_count > 0') }]
        : []),
      { title: say('proof.no-space', {}), sql: noSpaceSql(facts.scope) },
    ],
    mitigations: [
      { id: 'free-inodes', values: { mount_point } },
      { id: 'pack-small-files', values: {} },
      { id: 'more-inodes', values: {} },
    ],
  });
}
