import { defineProbe } from '../probe.ts';

/** How the owner of a request is known, best first; see bpf/common/block-owner.bt. */
export const OWNER_BASES = {
  1: 'blkcg',
  2: 'dirtier',
  3: 'syncer',
  4: 'submitter',
  5: 'unattributed',
  6: 'blkcg, several files',
  7: 'dirtier, several files',
  8: 'submitter, several files',
};

/** Length of the slots of the view `inflight`, in time since boot; the kernel's programs count by it too. */
export const INFLIGHT_SLOT_US = 100_000;

export const block = defineProbe({
  name: 'block',
  view: 'block',
  summary: 'Every request to a block device: queue time, device time, bytes, whose and which file',
  operations: [
    { id: 4, name: 'block_read', variants: OWNER_BASES, isRemark: true },
    { id: 5, name: 'block_write', variants: OWNER_BASES, isRemark: true },
    { id: 6, name: 'block_flush', variants: OWNER_BASES, isRemark: true },
    { id: 7, name: 'block_discard', variants: OWNER_BASES, isRemark: true },
    { id: 28, name: 'block_requeue', variants: OWNER_BASES, isRemark: true },
    { id: 24, name: 'block_stacked_read', variants: OWNER_BASES, isRemark: true },
    { id: 25, name: 'block_stacked_write', variants: OWNER_BASES, isRemark: true },
    { id: 26, name: 'block_stacked_flush', variants: OWNER_BASES, isRemark: true },
    { id: 27, name: 'block_stacked_discard', variants: OWNER_BASES, isRemark: true },
  ],
  fragments: [
    {
      file: 'block.rawtracepoint.bt',
      countsIn: 'interrupt',
      needs: [
        { kind: 'rawtracepoint', name: 'block_rq_insert' },
        { kind: 'rawtracepoint', name: 'block_rq_issue' },
        { kind: 'rawtracepoint', name: 'block_rq_requeue' },
        { kind: 'rawtracepoint', name: 'block_rq_complete' },
        { kind: 'rawtracepoint', name: 'block_bio_queue' },
        { kind: 'rawtracepoint', name: 'block_bio_complete' },
        { kind: 'tracepoint', name: 'writeback:writeback_dirty_inode_enqueue' },
        { kind: 'btf' },
      ],
      gaps: [],
    },
    {
      file: 'block.kfunc.bt',
      countsIn: 'interrupt',
      needs: [
        { kind: 'kfunc', function: 'blk_mq_start_request' },
        { kind: 'kfunc', function: '__blk_mq_requeue_request' },
        { kind: 'kfunc', function: 'blk_update_request' },
        { kind: 'tracepoint', name: 'writeback:writeback_dirty_inode_enqueue' },
      ],
      gaps: [
        {
          subject: 'queue time',
          state: 'partial',
          reason:
            'bpftrace before 0.18 has no raw tracepoints: time in the scheduler is not measured, batched completions are not seen; neither is what I/O takes at devices of the device mapper and md',
          fix: 'install bpftrace 0.18 or newer',
        },
      ],
    },
    {
      file: 'block.tracepoint.bt',
      countsIn: 'interrupt',
      needs: [
        { kind: 'tracepoint', name: 'block:block_rq_insert' },
        { kind: 'tracepoint', name: 'block:block_rq_issue' },
        { kind: 'tracepoint', name: 'block:block_rq_requeue' },
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
