import { defineProbe } from '../probe.ts';
import type { Requirement } from '../probe.ts';

const tracepoint = (name: string): Requirement => ({ kind: 'tracepoint', name });
const syscallTracepoints = ['fsync', 'fdatasync', 'msync', 'sync_file_range', 'syncfs', 'sync'].map((call) =>
  tracepoint(`syscalls:sys_enter_${call}`),
);

export const fsync = defineProbe({
  name: 'fsync',
  view: 'fsync',
  summary: 'Every sync an application causes, of every kind, each counted once',
  operations: [
    {
      id: 1,
      name: 'fsync',
      variants: {
        1: 'fsync',
        2: 'fdatasync',
        3: 'msync',
        4: 'o_sync',
        5: 'o_dsync',
        6: 'sync_file_range',
        7: 'syncfs',
        8: 'sync',
        9: 'io_uring',
      },
    },
  ],
  fragments: [
    {
      file: 'fsync.ksession.bt',
      needs: [
        { kind: 'ksession', function: 'vfs_fsync_range' },
        { kind: 'ksession', function: 'file_write_and_wait_range' },
        { kind: 'ksession', function: 'blkdev_issue_flush' },
        { kind: 'ksession', function: 'SYSCALL_fsync' },
      ],
      gaps: [],
    },
    {
      file: 'fsync.kfunc.bt',
      needs: [
        { kind: 'kfunc', function: 'vfs_fsync_range' },
        { kind: 'kfunc', function: 'file_write_and_wait_range' },
        { kind: 'kfunc', function: 'blkdev_issue_flush' },
        ...syscallTracepoints,
      ],
      gaps: [],
    },
    {
      file: 'fsync.tracepoint.bt',
      needs: [...syscallTracepoints, tracepoint('ext4:ext4_sync_file_enter'), { kind: 'btf' }],
      gaps: [
        {
          subject: 'o_sync, o_dsync, io_uring beyond ext4',
          state: 'partial',
          reason:
            'this kernel has neither kprobes nor fentry; ext4 tells of these syncs, other file systems do not',
          fix: 'run a kernel with CONFIG_KPROBES and CONFIG_FUNCTION_TRACER (every distribution kernel has them)',
        },
      ],
    },
  ],
  uncovered: {
    subject: 'fsync',
    state: 'missing',
    reason: 'neither fentry nor the system call tracepoints can be used',
    fix: 'run a kernel with CONFIG_FTRACE_SYSCALLS and CONFIG_DEBUG_INFO_BTF',
  },
});
