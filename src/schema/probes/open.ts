import { defineProbe } from '../probe.ts';

export const open = defineProbe({
  name: 'open',
  view: 'open',
  summary: 'Every open and close of a regular file, and every open that failed',
  operations: [
    { id: 10, name: 'open', variants: {} },
    { id: 11, name: 'close', variants: {} },
  ],
  fragments: [
    {
      file: 'open.ksession.bt',
      needs: [
        { kind: 'ksession', function: 'do_sys_openat2' },
        { kind: 'ksession', function: 'SYSCALL_close' },
        { kind: 'btf' },
      ],
      gaps: [],
    },
    {
      file: 'open.tracepoint.bt',
      needs: [
        { kind: 'tracepoint', name: 'syscalls:sys_enter_openat' },
        { kind: 'tracepoint', name: 'syscalls:sys_enter_openat2' },
        { kind: 'tracepoint', name: 'syscalls:sys_enter_close' },
        { kind: 'btf' },
      ],
      gaps: [],
    },
  ],
  uncovered: {
    subject: 'open',
    state: 'missing',
    reason: 'the system call tracepoints cannot be used',
    fix: 'run a kernel with CONFIG_FTRACE_SYSCALLS and CONFIG_DEBUG_INFO_BTF',
  },
});
