import { existsSync, readlinkSync } from 'node:fs';

/**
 * Where the host's trees are visible to this process. On the host itself these are the paths
 * everyone knows; in a pod they are read through process 1, in tests below a fixture.
 *
 * Paths that lookups *answer* with are always the host's own (`/run/containerd/…`), as the mount
 * table spells them, wherever they were read.
 */
export interface Roots {
  /** The host's `/`. */
  readonly host: string;
  /** The host's `/sys/fs/cgroup`. */
  readonly cgroup: string;
  /** The host's `/proc`. */
  readonly proc: string;
  /** The host's `/sys`. */
  readonly sys: string;
  /** The host's `/run`. */
  readonly run: string;
  /** The host's `/var/lib`. */
  readonly varLib: string;
}

/**
 * Below what the host's files are: nothing, or the root of process 1 (proc(5), /proc/PID/root) for a daemon with a mount
 * namespace of its own that shares the host's PIDs: a pod with hostPID, a unit with a sandbox. So it needs no mounts
 * of the host's folders, wherever its runtimes keep their state.
 */
export const hostRoot = rootOfHost('/proc');

function rootOfHost(proc: string): '' | '/proc/1/root' {
  const namespace = (process: string): string => readlinkSync(`${proc}/${process}/ns/mnt`);
  try {
    const isOwn = namespace('self') !== namespace('1');
    return isOwn && existsSync('/proc/1/root/proc/1') ? '/proc/1/root' : '';
  } catch {
    // Process 1 is not ours to look at.
    return '';
  }
}

/** The roots of a daemon that runs on the host, in its mount namespace or not. */
export const hostRoots: Roots = {
  host: `${hostRoot}/`,
  cgroup: `${hostRoot}/sys/fs/cgroup`,
  proc: '/proc',
  sys: '/sys',
  run: `${hostRoot}/run`,
  varLib: `${hostRoot}/var/lib`,
};

/**
 * The host's name of a path found below one of the roots: `/host/run/containerd` → `/run/containerd`.
 * A path below none of them is returned unchanged.
 */
export function onHost(roots: Roots, path: string): string {
  return moved(path, roots.run, '/run') ?? moved(path, roots.varLib, '/var/lib') ?? path;
}

function moved(path: string, from: string, to: string): string | undefined {
  if (path === from) return to;
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
}
