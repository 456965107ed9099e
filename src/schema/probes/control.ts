import type { Companion } from '../probe.ts';

/** Hears the daemon: the governor, and the end of a capture. */
export const control: Companion = {
  name: 'control',
  summary: 'What the daemon asks of the running program: to shed detail, and to make ready to end',
  fragments: [
    {
      file: 'control.tracepoint.bt',
      needs: [{ kind: 'tracepoint', name: 'syscalls:sys_enter_kill' }],
      gaps: [],
    },
  ],
  uncovered: {
    subject: '--max-cpu',
    state: 'missing',
    reason: 'the running program cannot be told to shed detail',
    fix: 'run a kernel with CONFIG_FTRACE_SYSCALLS',
  },
};
