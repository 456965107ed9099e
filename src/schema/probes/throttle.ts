import { defineProbe } from '../probe.ts';
import { OWNER_BASES } from './block.ts';

export const throttle = defineProbe({
  name: 'throttle',
  view: 'throttle',
  summary: 'Writers the kernel holds back: dirty throttling, io.max, wbt, blk-iocost',
  operations: [
    { id: 22, name: 'throttle_dirty', variants: {} },
    { id: 23, name: 'throttle_block', variants: OWNER_BASES, isRemark: true },
  ],
  fragments: [
    {
      file: 'throttle.rawtracepoint.bt',
      needs: [
        { kind: 'kfunc', function: 'submit_bio_noacct' },
        { kind: 'rawtracepoint', name: 'block_bio_backmerge' },
        { kind: 'rawtracepoint', name: 'block_bio_frontmerge' },
        { kind: 'rawtracepoint', name: 'block_rq_insert' },
        { kind: 'rawtracepoint', name: 'block_rq_issue' },
        { kind: 'tracepoint', name: 'writeback:balance_dirty_pages' },
      ],
      gaps: [],
    },
    {
      file: 'throttle.tracepoint.bt',
      needs: [{ kind: 'tracepoint', name: 'writeback:balance_dirty_pages' }],
      gaps: [
        {
          subject: 'throttle_block',
          state: 'missing',
          reason:
            'raw tracepoints (bpftrace 0.18) and fentry are needed to see I/O held back before it becomes a request',
          fix: 'install bpftrace 0.18 or newer',
        },
      ],
    },
  ],
  uncovered: {
    subject: 'throttle',
    state: 'missing',
    reason: 'the tracepoint writeback:balance_dirty_pages cannot be used',
    fix: 'run a kernel with CONFIG_TRACING',
  },
});
