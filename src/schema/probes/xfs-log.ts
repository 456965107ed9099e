import type { Fragment } from '../probe.ts';

/** Programs that see syncs wait for the log of xfs; they count as journal's journal_wait. */
export const xfsLogFragments: readonly Fragment[] = (['ksession', 'kfunc'] as const).map((kind) => ({
  file: `xfs_log.${kind}.bt`,
  needs: [{ kind, function: 'xfs_log_force_seq', module: 'xfs' }],
  gaps: [],
}));
