import { readFileSync } from 'node:fs';
import type { Machine } from '../query/reports/status.ts';
import { nowUs } from '../schema/units.ts';

/** What `status` has to know of the machine it runs on. */
export function thisMachine(): Machine {
  return { nowUs: nowUs(), bootId: readBootId(), isAlive };
}

function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
