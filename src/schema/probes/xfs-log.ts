import type { Companion } from '../probe.ts';

/** Sees syncs wait for the log of xfs. */
export const xfsLog: Companion = {
  name: 'xfs_log',
  summary: 'Syncs that wait for the log of xfs, counted with those that wait for the journal of ext4',
  countsFor: { probe: 'journal', operations: ['journal_wait'] },
  fragments: (['ksession', 'kfunc'] as const).map((kind) => ({
    file: `xfs_log.${kind}.bt`,
    needs: [{ kind, function: 'xfs_log_force_seq', module: 'xfs' }],
    gaps: [],
  })),
  uncovered: {
    subject: 'waits for the log of xfs',
    state: 'missing',
    reason: 'neither fentry nor kprobe sessions can be used on xfs_log_force_seq',
    fix: 'run a kernel with BTF for modules (5.14 or newer)',
  },
};
