import { defineProbe } from '../probe.ts';
import type { Requirement } from '../probe.ts';

const commits: readonly Requirement[] = [
  { kind: 'tracepoint', name: 'jbd2:jbd2_start_commit' },
  { kind: 'tracepoint', name: 'jbd2:jbd2_commit_logging' },
  { kind: 'tracepoint', name: 'jbd2:jbd2_end_commit' },
];

export const journal = defineProbe({
  name: 'journal',
  view: 'journal',
  summary: 'Commits of ext4’s journals, whose sync asked for them, and who waited',
  operations: [
    { id: 20, name: 'journal_commit', variants: { 1: 'asked', 2: 'due' }, isRemark: true },
    { id: 21, name: 'journal_wait', variants: {} },
  ],
  fragments: [
    {
      file: 'journal.kprobe.bt',
      needs: [
        { kind: 'kprobe', function: 'jbd2_log_wait_commit', entryOnly: true },
        { kind: 'kprobe', function: 'jbd2_journal_commit_transaction', entryOnly: true },
        { kind: 'tracepoint', name: 'ext4:ext4_sync_file_enter' },
        ...commits,
      ],
      gaps: [],
    },
    {
      file: 'journal.tracepoint.bt',
      needs: commits,
      gaps: [
        {
          subject: 'journal_wait',
          state: 'missing',
          reason: 'no kprobes: whose sync asked for a commit, and who waited, is not known',
          fix: 'run a kernel with CONFIG_KPROBES and CONFIG_FUNCTION_TRACER (every distribution kernel has them)',
        },
      ],
    },
  ],
  uncovered: {
    subject: 'journal',
    state: 'missing',
    reason: 'the tracepoints of jbd2, the journal of ext4, are not there: it is not loaded',
    fix: null,
  },
});
