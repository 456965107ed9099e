/** What bpftrace itself has, as far as the programs in bpf/ use it. */

export const CALLABLE: ReadonlySet<string> = new Set([
  ...['print', 'clear', 'delete', 'count', 'sum', 'max', 'stats'],
  ...['str', 'strncmp'],
]);

export const WORDS: ReadonlySet<string> = new Set([
  ...['args', 'arg0', 'arg1', 'arg2', 'arg3', 'retval'],
  ...['cgroup', 'comm', 'cpu', 'curtask', 'nsecs'],
]);
