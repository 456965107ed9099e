import { dirname, join } from 'node:path';
import { readLines } from '../bounded-read.ts';
import { joined, overlayLayers, parseMountinfo, pathBelow } from '../mountinfo.ts';
import type { Mount } from '../mountinfo.ts';
import type { Mounts } from '../mounts.ts';
import { resolvePath } from '../resolve-path.ts';
import type { FsPlace } from '../resolve-path.ts';
import type { Roots } from '../roots.ts';
import type { ContainerState, Volume } from './container.ts';

/** File systems without files of anybody's. */
const PSEUDO =
  /^(?:proc|sysfs|cgroup2?|devpts|devtmpfs|mqueue|nsfs|tracefs|debugfs|securityfs|bpf|configfs)$/u;
/** Mounts of one container; a hundred is many. */
const MOUNTS_MAX = 2000;

/**
 * What a container sees of which file system, and where: its layer, and each mount. By the mount table of its first process
 * where that can be read, else by its spec, whose sources are resolved on the host.
 */
export function volumesOf(
  roots: Pick<Roots, 'proc' | 'host'>,
  mounts: Mounts,
  container: ContainerState,
): Volume[] {
  const bound = container.mounts.flatMap(({ destination, source }): Volume[] => {
    const place = resolvePath(mounts, source, roots.host);
    return place ? [{ ...place, role: 'mount', destination }] : [];
  });
  const inside = insideMounts(roots.proc, container).map((mount): Volume => {
    const { major, minor, root, fsType, mountPoint: destination } = mount;
    const isRoot = destination === '/';
    const hostPath = isRoot ? container.rootfs : hostPathOf(mounts, mount, bound);
    return { role: isRoot ? 'root' : 'mount', destination, major, minor, root, fsType, hostPath };
  });
  return [...layerOf(roots, mounts, container), ...(inside.length > 0 ? inside : bound)];
}

/** The directories of the upper file system that overlayfs keeps a container's changes in. */
function layerOf(roots: Pick<Roots, 'host'>, mounts: Mounts, { upperdir, rootfs }: ContainerState): Volume[] {
  const as = (role: Volume['role'], path: string): Volume[] => {
    const place = resolvePath(mounts, path, roots.host);
    return place ? [{ ...place, role, destination: '/' }] : [];
  };
  if (upperdir !== null) return [...as('layer', upperdir), ...as('work', join(dirname(upperdir), 'work'))];
  // A snapshotter without overlayfs: the root file system is a directory, or a file system of its own.
  const mount = rootfs === null ? undefined : mounts.holding(rootfs);
  return rootfs !== null && rootfs !== '/' && mount && mount.fsType !== 'overlay' ? as('layer', rootfs) : [];
}

/** Empty as long as the process has not entered its root, and once it is another's. */
function insideMounts(proc: string, { initPid, upperdir }: ContainerState): Mount[] {
  if (initPid === null || upperdir === null) return [];
  const lines = readLines(join(proc, String(initPid), 'mountinfo'));
  const table = parseMountinfo(lines.slice(0, MOUNTS_MAX).join('\n'));
  const root = table.findLast(({ mountPoint }) => mountPoint === '/');
  if (!root || overlayLayers(root)?.upperdir !== upperdir) return [];
  return table.filter(({ fsType }) => !PSEUDO.test(fsType));
}

/** By the bind of the spec that it is; else any mount of the host that shows the same. `null`: the container's alone. */
function hostPathOf(mounts: Mounts, mount: Mount, bound: readonly Volume[]): string | null {
  const { major, minor, root } = mount;
  const found = bound.find((each) => each.destination === mount.mountPoint && isSamePlace(each, mount));
  return found?.hostPath ?? mounts.hostPath(major, minor, root) ?? null;
}

const isSamePlace = (one: Omit<FsPlace, 'hostPath' | 'fsType'>, other: Mount): boolean =>
  one.major === other.major && one.minor === other.minor && one.root === other.root;

/** A file of a file system as a container sees it, and as the host does. */
export type Seen = { readonly volume: Volume; readonly path: string; readonly hostPath: string | null };

/** Of the volumes that show a file, the one that shows the least besides it. */
export function seenIn(
  volumes: readonly Volume[],
  major: number,
  minor: number,
  path: string,
): Seen | undefined {
  let best: { readonly volume: Volume; readonly rest: string } | undefined;
  for (const volume of volumes) {
    if (volume.major !== major || volume.minor !== minor) continue;
    const rest = pathBelow(volume.root, path);
    if (rest === undefined || (best && best.volume.root.length >= volume.root.length)) continue;
    best = { volume, rest };
  }
  if (!best) return undefined;
  const { volume, rest } = best;
  const hostPath = volume.hostPath === null ? null : joined(volume.hostPath, rest);
  return { volume, path: joined(volume.destination, rest), hostPath };
}
