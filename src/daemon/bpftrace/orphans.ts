import { readdirSync, readFileSync } from 'node:fs';
import { identityOf, OWNER_VARIABLE, pidNamespace } from '../children.ts';

/**
 * Ends what a daemon that is gone has left running; returns the pids. Only processes that carry the mark of one, of
 * this pid namespace: no other's bpftrace is touched.
 */
export function endOrphans(): number[] {
  const orphans = readdirSync('/proc').map(Number).filter(isOrphan);
  for (const pid of orphans) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  return orphans;
}

function isOrphan(pid: number): boolean {
  if (!Number.isInteger(pid)) return false;
  const owner = ownerOf(pid);
  if (!owner?.endsWith(` ${pidNamespace()}`)) return false;
  const [ownerPid] = owner.split(' ').map(Number);
  return ownerPid !== undefined && identityOf(ownerPid) !== owner;
}

function ownerOf(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${String(pid)}/environ`, 'utf8').split('\0');
    const mark = variables.find((variable) => variable.startsWith(`${OWNER_VARIABLE}=`));
    return mark?.slice(OWNER_VARIABLE.length + 1);
  } catch {
    return undefined;
  }
}
