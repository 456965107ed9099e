import { WITHOUT_FILE } from '../../schema/no-file.ts';
import type { FileIdentity } from '../stream/decode.ts';
import type { Container } from '../lookups/containers.ts';
import type { Devices } from '../lookups/devices.ts';
import type { Mounts } from '../lookups/mounts.ts';
import type { NamedPath } from './names.ts';
import { placeFile } from './places.ts';
import type { Placed } from './places.ts';

/** A file as a person would name it. */
export type FileLabel = {
  /** As the container sees it; outside containers as the host does; in parentheses what is known instead. */
  readonly path: string;
  readonly hostPath: string | null;
  readonly state: 'known' | 'deleted' | 'anonymous' | 'unknown' | 'none';
};

export type Labelled = FileLabel & Placed & { readonly isDirectory: boolean };

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
    return { ...NOWHERE, path, state: 'none', isDirectory };
  }
  if (!named) {
    return { ...NOWHERE, path: `(inode ${String(file.ino)}, name not known)`, state: 'unknown', isDirectory };
  }
  const { path, fsDev } = named;
  // memfd, anonymous inodes, pipes: a name that is its own root, of a file system that is mounted nowhere.
  if (path === '/' && !isDirectory && fsDev !== undefined && !isMounted(fsDev, container, mounts)) {
    return { ...NOWHERE, path: '(anonymous file)', state: 'anonymous', isDirectory };
  }
  const placed =
    fsDev === undefined
      ? { ...NOWHERE, path, hostPath: container ? null : path }
      : placeFile(majorOf(fsDev), minorOf(fsDev), path, container, mounts);
  if (!named.isDeleted) return { ...placed, state: 'known', isDirectory };
  if (placed.role === 'work') return { ...placed, state: 'anonymous', isDirectory };
  return { ...placed, path: `${placed.path} (deleted)`, state: 'deleted', isDirectory };
}

const NOWHERE = { hostPath: null, role: null, fsType: null };

function isMounted(dev: number, container: Container | undefined, mounts: Mounts): boolean {
  const [major, minor] = [majorOf(dev), minorOf(dev)];
  if (mounts.byDevice(major, minor).length > 0) return true;
  return container?.volumes.some((volume) => volume.major === major && volume.minor === minor) === true;
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
