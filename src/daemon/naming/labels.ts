import { dirname } from 'node:path';
import { WITHOUT_FILE } from '../../schema/no-file.ts';
import type { FileIdentity } from '../stream/decode.ts';
import type { Container } from '../lookups/containers.ts';
import type { Devices } from '../lookups/devices.ts';
import { overlayLayers, pathBelow } from '../lookups/mountinfo.ts';
import type { Mounts } from '../lookups/mounts.ts';
import type { NamedPath } from './names.ts';

/** A file as a person would name it. */
export type FileLabel = {
  /** As the container sees it; outside containers as the host does; in parentheses what is known instead. */
  readonly path: string;
  readonly hostPath: string | null;
  readonly state: 'known' | 'deleted' | 'anonymous' | 'unknown' | 'none';
};

export type Labelled = FileLabel & { readonly isDirectory: boolean };

/** Overlayfs copies into a nameless file of its work directory, which then takes the name. */
const COPYING = '(file being copied up)';

export const majorOf = (dev: number): number => Math.floor(dev / 2 ** 20);
export const minorOf = (dev: number): number => dev % 2 ** 20;

const LABELS_WITHOUT_FILE = new Map<number, string>(
  Object.values(WITHOUT_FILE).map(({ hash, label }) => [hash, label]),
);

/** A file's label; pure but for the lookups' caches. */
export function labelFile(
  file: FileIdentity,
  named: NamedPath | undefined,
  container: Container | undefined,
  mounts: Mounts,
): Labelled {
  const isDirectory = named?.isDirectory ?? false;
  if (file.ino === 0) {
    const path = LABELS_WITHOUT_FILE.get(file.hash) ?? WITHOUT_FILE.NO_FILE.label;
    return { path, hostPath: null, state: 'none', isDirectory };
  }
  if (!named) {
    return {
      path: `(inode ${String(file.ino)}, name not known)`,
      hostPath: null,
      state: 'unknown',
      isDirectory,
    };
  }
  const { path, fsDev } = named;
  // memfd, anonymous inodes, pipes: a name that is its own root.
  if (path === '/' && fsDev !== undefined && mounts.byDevice(majorOf(fsDev), minorOf(fsDev)).length === 0) {
    return { path: '(anonymous file)', hostPath: null, state: 'anonymous', isDirectory };
  }
  const places =
    fsDev === undefined ? { path, hostPath: container ? null : path } : place(path, fsDev, container, mounts);
  if (!named.isDeleted) return { ...places, state: 'known', isDirectory };
  if (places.path === COPYING) return { ...places, state: 'anonymous', isDirectory };
  return { path: `${places.path} (deleted)`, hostPath: places.hostPath, state: 'deleted', isDirectory };
}

function place(
  path: string,
  fsDev: number,
  container: Container | undefined,
  mounts: Mounts,
): { path: string; hostPath: string | null } {
  const [major, minor] = [majorOf(fsDev), minorOf(fsDev)];
  const [mount] = mounts.byDevice(major, minor);
  const overlay = mount && overlayLayers(mount);
  if (mount && overlay) {
    const hostPath = overlay.upperdir === undefined ? null : join(overlay.upperdir, path);
    // The root of a container's overlay is the container's own; any other overlay is mounted somewhere.
    return { path: container ? path : join(mount.mountPoint, path), hostPath };
  }
  const hostPath = mounts.hostPath(major, minor, path);
  if (hostPath !== undefined) {
    return { path: container ? seenInside(hostPath, container, mounts) : hostPath, hostPath };
  }
  // A file system that is mounted no more: most often the overlay of a container that has ended.
  const layer = container?.upperdir ?? null;
  return { path, hostPath: layer !== null && major === 0 ? join(layer, path) : null };
}

/** A host path as a container sees it: below its writable layer, below one of its volumes, or unchanged. */
function seenInside(hostPath: string, container: Container, mounts: Mounts): string {
  const workdir = container.upperdir === null ? undefined : `${dirname(container.upperdir)}/work`;
  if (workdir !== undefined && pathBelow(workdir, hostPath) !== undefined) return COPYING;
  const inLayer = container.upperdir === null ? undefined : pathBelow(container.upperdir, hostPath);
  const layered = inLayer ?? mounts.overlayUnder(hostPath)?.path;
  if (layered !== undefined) return layered;
  const [nearest] = container.mounts
    .map(({ source, destination }) => ({ destination, source, rest: pathBelow(source, hostPath) }))
    .filter(({ rest }) => rest !== undefined)
    .toSorted((a, b) => b.source.length - a.source.length);
  return nearest?.rest === undefined ? hostPath : join(nearest.destination, nearest.rest);
}

function join(directory: string, path: string): string {
  if (path === '/' || path === '') return directory;
  if (directory === '/') return path;
  // A path whose first directories are missing begins with `…/`.
  return path.startsWith('/') ? `${directory}${path}` : `${directory}/${path}`;
}

export type DeviceLabel = { readonly major: number; readonly minor: number; readonly name: string };

/** The device a file's data is on; for a container's overlay that of its writable layer, even after its end. */
export function labelDevice(
  dev: number,
  container: Container | undefined,
  devices: Devices,
  mounts: Mounts,
): DeviceLabel {
  const [major, minor] = [majorOf(dev), minorOf(dev)];
  if (dev === 0) return { major, minor, name: '(none)' };
  const device = devices.of(major, minor);
  const layer = container?.upperdir ?? null;
  if (device.kind !== 'unknown' || major !== 0 || layer === null) return { major, minor, name: device.name };
  const holder = mounts.holding(layer);
  return { major, minor, name: holder ? devices.of(holder.major, holder.minor).name : device.name };
}
