import { literal } from '../../../literal.ts';
import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Rule } from '../../finding.ts';
import { found } from '../../finding.ts';
import { filesystemsSql, noSpaceSql } from '../../queries.ts';
import { over } from '../../thresholds.ts';

export const space: Rule<'space'> = {
  id: 'space',
  about: 'A file system that is nearly full.',
  needs: ['filesystems'],
  thresholds: ['used_percent', 'full_percent'],
  rivals: ['inodes', 'deleted-files'],
  isThreat: true,
  yieldsTo: ['deleted-files'],
  examine(facts) {
    const [fullest] = facts.filesystems.toSorted((a, b) => b.used_percent - a.used_percent);
    const mount_point = fullest?.mount_point ?? '-';
    const used_percent = fullest?.used_percent ?? 0;
    const sql = filesystemsSql(facts.scope, `mount_point = ${literal(mount_point)}`);
    if (!fullest || !over('used_percent', used_percent)) {
      return { is: 'excluded', sentence: say('not.space', { mount_point, used_percent }), sql };
    }
    return found({
      severity: over('full_percent', used_percent) ? 'critical' : 'serious',
      confidence: confidence(facts, 0.95, say('sure.filesystems', {})),
      share: null,
      sentence: say('space', { mount_point, used_percent, available_bytes: fullest.available_bytes }),
      device: fullest.device,
      proofs: [
        { title: say('proof.filesystem', { mount_point }), sql },
        { title: say('proof.no-space', {}), sql: noSpaceSql(facts.scope) },
      ],
      mitigations: [{ id: 'free-space', values: { mount_point } }],
    });
  },
};
