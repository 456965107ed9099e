import { readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isForeign, isForeignPath } from './foreign.ts';
import { joined, pathBelow } from './mountinfo.ts';
import type { Mount } from './mountinfo.ts';
import type { Mounts } from './mounts.ts';

/** As many links as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;
const MOST_STEPS = 1000;

/** A directory or file of a file system: what a mount or a bind shows. */
export type FsPlace = {
  readonly major: number;
  readonly minor: number;
  /** Its path from the root of the file system. */
  readonly root: string;
  /** Its path on the host, without symbolic links. */
  readonly hostPath: string;
  readonly fsType: string;
};

/**
 * Where a host path leads, symbolic links followed below the host's root. Nothing beneath a foreign file system is looked at:
 * there, and where nothing is, the rest of the path is taken as it stands.
 *
 * @param hostRoot where the host's root is visible to this process
 * @returns `undefined` for a relative path, and where no mount is known
 */
export function resolvePath(mounts: Mounts, path: string, hostRoot = '/'): FsPlace | undefined {
  if (!path.startsWith('/')) return undefined;
  const waiting = path.split('/').filter(Boolean);
  let reached = '/';
  let mount = mounts.at('/') ?? mounts.holding('/');
  let links = 0;
  for (let steps = 0; waiting.length > 0 && steps < MOST_STEPS; steps += 1) {
    const name = waiting.shift() ?? '';
    if (name === '.') continue;
    const next = name === '..' ? dirname(reached) : join(reached, name);
    const below = mounts.at(next) ?? (name === '..' ? mounts.holding(next) : mount);
    const isSeen = name !== '..' && below === mount && mayLook(mount);
    const link = isSeen ? linkAt(join(hostRoot, next)) : undefined;
    if (link !== undefined && links < MOST_LINKS) {
      links += 1;
      waiting.unshift(...link.split('/').filter(Boolean));
      if (!link.startsWith('/')) continue;
      reached = '/';
      mount = mounts.at('/') ?? mounts.holding('/');
      continue;
    }
    reached = next;
    mount = below;
  }
  return mount && placeOn(mount, reached);
}

/** Whether what a host path leads to, links followed, is on a file system that may never answer. */
export function leadsAbroad(mounts: Mounts, path: string, hostRoot = '/'): boolean {
  const place = resolvePath(mounts, path, hostRoot);
  return place !== undefined && isForeignPath(mounts, place.hostPath);
}

/** The file system of the root is the one this process runs from, whatever it is. */
const mayLook = (mount: Mount | undefined): boolean =>
  mount === undefined || mount.mountPoint === '/' || !isForeign(mount.fsType);

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function placeOn(mount: Mount, hostPath: string): FsPlace {
  const { major, minor, fsType } = mount;
  const root = joined(mount.root, pathBelow(mount.mountPoint, hostPath) ?? '');
  return { major, minor, root, hostPath, fsType };
}
