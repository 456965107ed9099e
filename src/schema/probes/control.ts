import type { Fragment } from '../probe.ts';

/** The program that hears the governor; it counts nothing. */
export const controlFragments: readonly Fragment[] = [
  {
    file: 'control.tracepoint.bt',
    needs: [{ kind: 'tracepoint', name: 'syscalls:sys_enter_kill' }],
    gaps: [],
  },
];
