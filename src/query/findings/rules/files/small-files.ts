import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Rule } from '../../finding.ts';
import { found } from '../../finding.ts';
import { queries } from '../../queries.ts';
import { shareExplained } from '../../share.ts';
import { over } from '../../thresholds.ts';

export const smallFiles: Rule<'small-files'> = {
  id: 'small-files',
  about:
    'A writable layer full of small files: each costs an inode, a directory entry, and a copy when it is committed.',
  needs: ['upperdirs'],
  thresholds: ['small_file_count'],
  rivals: ['inodes', 'writable-layer'],
  isThreat: true,
  yieldsTo: ['inodes'],
  examine(facts) {
    const [most] = facts.upperdirs;
    const sql = queries.upperdirs(facts.scope);
    const who = most?.who ?? '-';
    const file_count = most?.file_count ?? 0;
    if (!over('small_file_count', file_count)) {
      const sentence = most ? say('not.small-files', { who, file_count }) : say('not.small-files.none', {});
      return { is: 'excluded', sentence, sql };
    }
    return found({
      severity: 'notice',
      confidence: confidence(facts, 0.8, say('sure.small-files', {})),
      share: shareExplained(facts, (row) => row.who === who && row.place === 'writable_layer'),
      sentence: say('small-files', { who, file_count }),
      who,
      file_class: 'writable_layer',
      proofs: [{ title: say('proof.upperdirs', {}), sql }],
      mitigations: [
        { id: 'volume', values: {} },
        { id: 'pack-small-files', values: {} },
      ],
    });
  },
};
