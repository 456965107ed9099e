import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Mounts } from './mounts.ts';
import { hostRoot } from './roots.ts';

/**
 * File systems whose answers come from a server or a process, which may never answer: a system call that
 * waits for one can't be killed. Disks, memory and the kernel's own always answer.
 */
const FOREIGN =
  /^(?:nfs4?|cifs|smb3?|smbfs|ceph|glusterfs|9p|afs|coda|lustre|beegfs|gpfs|orangefs|ocfs2|gfs2|autofs|virtiofs|vboxsf|prl_fs|vmhgfs|fuse|fuseblk|fuse\..+)$/u;

export function isForeign(fsType: string): boolean {
  return FOREIGN.test(fsType);
}

/**
 * Whether looking at a host path may wait for a foreign file system, as far as the mount table tells. The one that all
 * programs are on does not count: without it nothing runs.
 */
export function isForeignPath(mounts: Pick<Mounts, 'holding'>, path: string): boolean {
  const mount = mounts.holding(path);
  if (mount === undefined || !isForeign(mount.fsType)) return false;
  const root = mounts.holding('/');
  return root?.major !== mount.major || root.minor !== mount.minor;
}

/**
 * Whether a file is there, without following a link in its place. `undefined`: it can't be seen, or only by asking a
 * foreign file system.
 */
export function existsLocally(mounts: Pick<Mounts, 'holding'>, path: string): boolean | undefined {
  if (isForeignPath(mounts, path) || isForeignPath(mounts, dirname(path))) return undefined;
  try {
    return lstatSync(hostRoot + path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return undefined;
  }
}
