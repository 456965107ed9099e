import { defineProbe } from '../probe.ts';

export const block = defineProbe({
  name: 'block',
  view: 'block',
  summary: 'Every request to a block device: queue time, device time, bytes, whose and which file',
  operations: [
    { id: 4, name: 'block_read', variants: {} },
    { id: 5, name: 'block_write', variants: {} },
    { id: 6, name: 'block_flush', variants: {} },
    { id: 7, name: 'block_discard', variants: {} },
  ],
  fragments: [
    {
      file: 'block.rawtracepoint.bt',
      needs: [
        { kind: 'rawtracepoint', name: 'block_rq_insert' },
        { kind: 'rawtracepoint', name: 'block_rq_issue' },
        { kind: 'rawtracepoint', name: 'block_rq_complete' },
        { kind: 'btf' },
      ],
      gaps: [],
    },
    {
      file: 'block.kfunc.bt',
      needs: [
        { kind: 'kfunc', function: 'blk_mq_start_request' },
        { kind: 'kfunc', function: 'blk_update_request' },
      ],
      gaps: [
        {
          subject: 'queue time',
          state: 'partial',
          reason:
            'bpftrace before 0.18 has no raw tracepoints: time in the scheduler is not measured, batched completions are not seen',
          fix: 'install bpftrace 0.18 or newer',
        },
      ],
    },
    {
      file: 'block.tracepoint.bt',
      needs: [
        { kind: 'tracepoint', name: 'block:block_rq_insert' },
        { kind: 'tracepoint', name: 'block:block_rq_issue' },
        { kind: 'tracepoint', name: 'block:block_rq_complete' },
        { kind: 'btf' },
      ],
      gaps: [
        {
          subject: 'owner and file of block I/O',
          state: 'partial',
          reason:
            'without raw tracepoints and fentry a request is charged to the task that submitted it (writeback: a kworker), and its file is not known',
          fix: 'install bpftrace 0.18 or newer',
        },
      ],
    },
  ],
  uncovered: {
    subject: 'block',
    state: 'missing',
    reason: 'the block tracepoints cannot be used',
    fix: 'run a kernel with CONFIG_BLOCK and CONFIG_DEBUG_INFO_BTF',
  },
});
