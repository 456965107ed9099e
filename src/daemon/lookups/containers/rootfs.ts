import { join } from 'node:path';
import { readLines } from '../bounded-read.ts';
import { overlayLayers, parseMountinfo } from '../mountinfo.ts';
import type { Mount } from '../mountinfo.ts';
import type { Mounts } from '../mounts.ts';
import type { Roots } from '../roots.ts';
import type { ContainerState } from './container.ts';

/**
 * The writable layer under a container's root file system.
 *
 * Looked up in the host's mount table; where it is not there (a runtime in a mount namespace of its
 * own, rootless Podman), in that of the container's first process.
 *
 * @param rootfs the host's mount point, `null` when not known
 */
export function writableLayer(
  roots: Pick<Roots, 'proc'>,
  mounts: Mounts,
  rootfs: string | null,
  initPid: number | null,
): Pick<ContainerState, 'upperdir' | 'snapshot'> {
  const mount = (rootfs === null ? undefined : mounts.at(rootfs)) ?? rootOf(roots.proc, initPid);
  const upperdir = (mount && overlayLayers(mount)?.upperdir) ?? null;
  return { upperdir, snapshot: snapshotOf(upperdir) };
}

function rootOf(proc: string, pid: number | null): Mount | undefined {
  if (pid === null) return undefined;
  const table = parseMountinfo(readLines(join(proc, String(pid), 'mountinfo')).join('\n'));
  return table.findLast(({ mountPoint }) => mountPoint === '/');
}

function snapshotOf(upperdir: string | null): string | null {
  return /\/snapshots\/([^/]+)\/fs$/u.exec(upperdir ?? '')?.[1] ?? null;
}
