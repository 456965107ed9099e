import { defineProbe } from '../probe.ts';
import type { Gap, Requirement } from '../probe.ts';

const tracepoints = (...calls: string[]): Requirement[] =>
  calls.map((call) => ({ kind: 'tracepoint', name: `syscalls:sys_enter_${call}` }));
const vectorsAndCopies = tracepoints(
  ...['readv', 'preadv', 'preadv2', 'writev', 'pwritev', 'pwritev2'],
  ...['sendfile64', 'splice', 'copy_file_range'],
);
const unseen: Gap[] = [
  {
    subject: 'memory mappings',
    state: 'missing',
    reason:
      'a mapped file is read and written without a call; what its faults read from a device is in block',
    fix: null,
  },
  {
    subject: 'aio',
    state: 'missing',
    reason: 'the reads and writes of io_submit do not pass the hooks; what they ask of a device is in block',
    fix: null,
  },
];

export const fileIo = defineProbe({
  name: 'file_io',
  view: 'file_io',
  summary: 'Every read and write of a regular file, cached or from the device',
  operations: [
    {
      id: 8,
      name: 'read',
      variants: { 1: 'cached', 2: 'readahead', 3: 'device', 4: 'waited', 5: 'direct', 7: 'io_uring' },
    },
    { id: 9, name: 'write', variants: { 1: 'buffered', 4: 'waited', 5: 'direct', 6: 'sync', 7: 'io_uring' } },
  ],
  fragments: [
    {
      file: 'file_io.ksession.bt',
      needs: [
        { kind: 'ksession', function: 'vfs_read' },
        { kind: 'ksession', function: 'vfs_write' },
        ...vectorsAndCopies,
        { kind: 'btf' },
      ],
      gaps: unseen,
    },
    {
      file: 'file_io.kfunc.bt',
      needs: [
        { kind: 'kfunc', function: 'vfs_read' },
        { kind: 'kfunc', function: 'vfs_write' },
        ...vectorsAndCopies,
      ],
      gaps: unseen,
    },
    {
      file: 'file_io.tracepoint.bt',
      needs: [...tracepoints('read', 'pread64', 'write', 'pwrite64'), ...vectorsAndCopies, { kind: 'btf' }],
      gaps: unseen,
    },
  ],
  uncovered: {
    subject: 'file_io',
    state: 'missing',
    reason: 'neither kernel functions nor the system call tracepoints can be used',
    fix: 'run a kernel with CONFIG_FTRACE_SYSCALLS and CONFIG_DEBUG_INFO_BTF',
  },
});
