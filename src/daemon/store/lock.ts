import { readFileSync, statSync } from 'node:fs';
import type { Failure } from '../../failure.ts';
import { failure } from '../../failure.ts';
import { databaseFailure, openLock } from '../../schema/open.ts';

/** One daemon a recording: held until released, or until the process ends, however it does. */
export type Lock = { release(): void };

/**
 * Locks the file beside the database. SQLite's own lock (fcntl(2), F_SETLK) is one the kernel takes back from a dead
 * process, and says who holds it.
 */
export function lockRecording(databasePath: string): Lock | Failure {
  const path = lockPathOf(databasePath);
  try {
    const db = openLock(path);
    return {
      release() {
        db.close();
      },
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') {
      return failure('already-recording', { path: databasePath, pid: holderOf(path) ?? 0 });
    }
    const foreseen = databaseFailure(databasePath, error);
    if (!foreseen) throw error;
    return foreseen;
  }
}

export const lockPathOf = (databasePath: string): string => `${databasePath}-lock`;

/** From /proc/locks (proc(5)): `1: POSIX ADVISORY WRITE 3588 fe:00:2228253 1073741824 1073742335`. */
function holderOf(path: string): number | undefined {
  const inode = String(statSync(path).ino);
  const holders = [
    ...readFileSync('/proc/locks', 'utf8').matchAll(/POSIX +\S+ +WRITE +(\d+) +[0-9a-f]+:[0-9a-f]+:(\d+) /gu),
  ];
  const pid = holders.find(([, , of]) => of === inode)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
