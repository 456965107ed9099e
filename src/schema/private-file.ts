import { chmodSync, chownSync, closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Recordings name every path and process of the host: they are for their owner and, where root records, for the group
 * `iotrace` if the host has one. SQLite gives -wal and -shm the owner and mode of the database.
 */

const GROUP = 'iotrace';
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/** Makes the folder of a file, unless it is there. */
export function makePrivateFolder(path: string): void {
  const made = mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  if (made === undefined) return;
  // umask(2) may have taken more away.
  chmodSync(dirname(path), FOLDER_MODE);
  giveToGroup(dirname(path));
}

/** Makes a file, unless it is there, and takes away what an older iotrace granted to everybody. */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, 'a', FILE_MODE));
  const { uid, mode } = statSync(path);
  if (uid !== process.getuid?.()) return;
  if ((mode & 0o777) !== FILE_MODE) chmodSync(path, FILE_MODE);
  giveToGroup(path);
}

function giveToGroup(path: string): void {
  const gid = process.getuid?.() === 0 ? groupId() : undefined;
  if (gid !== undefined && statSync(path).gid !== gid) chownSync(path, 0, gid);
}

/** From group(5). */
function groupId(): number | undefined {
  try {
    const id = new RegExp(`^${GROUP}:[^:]*:(\\d+):`, 'mu').exec(readFileSync('/etc/group', 'utf8'))?.[1];
    return id === undefined ? undefined : Number(id);
  } catch {
    return undefined;
  }
}
