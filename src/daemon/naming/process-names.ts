import { processName } from '../lookups/processes.ts';

export type ProcessNames = {
  /** Before the rows of each interval. */
  begin(): void;
  /** As the kernel told it, else as /proc has it now; `undefined`: it is gone, and was never told. */
  of(pid: number): string | undefined;
};

/** What is read of /proc is kept apart: what the kernel tells later is as of the operation, and counts. */
export function createProcessNames(told: ReadonlyMap<number, string>, proc: string): ProcessNames {
  let found = new Map<number, string | undefined>();
  return {
    begin() {
      found = new Map();
    },
    of(pid) {
      const name = told.get(pid);
      if (name !== undefined || found.has(pid)) return name ?? found.get(pid);
      const seen = processName(proc, pid);
      found.set(pid, seen);
      return seen;
    },
  };
}
