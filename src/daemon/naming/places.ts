import type { Container, Volume } from '../lookups/containers.ts';
import { seenIn } from '../lookups/containers/volumes.ts';
import type { Seen } from '../lookups/containers/volumes.ts';
import { joined, overlayLayers, pathBelow } from '../lookups/mountinfo.ts';
import type { Mount } from '../lookups/mountinfo.ts';
import type { Mounts } from '../lookups/mounts.ts';

/** Where a file is, to the container that met it and to the host. */
export type Placed = {
  /** As the container sees it; outside containers as the host does. */
  readonly path: string;
  readonly hostPath: string | null;
  /** What of its container's it lies in: the writable layer, overlayfs' work directory beside it, a mount; `null`: none of them. */
  readonly role: 'layer' | 'work' | 'mount' | null;
  /** Type of its file system: `ext4`, `tmpfs`, `nfs4` …; `null`: not known. */
  readonly fsType: string | null;
};

/** Overlayfs copies into a nameless file of its work directory, which then takes the name. */
const COPYING = '(file being copied up)';

/**
 * Places a file that is known by its file system and its path there: what its container has mounted comes before any
 * mount of the host, of which there may be several that show it.
 */
export function placeFile(
  major: number,
  minor: number,
  path: string,
  container: Container | undefined,
  mounts: Mounts,
): Placed {
  const seen = container && seenIn(container.volumes, major, minor, path);
  if (seen) return placeIn(seen, path, container);
  const ofDevice = mounts.byDevice(major, minor);
  const [mount] = ofDevice;
  const fsType = mount?.fsType ?? null;
  if (mount?.fsType === 'overlay') return placeInOverlay(path, mount, container, mounts);
  const hostPath = mounts.hostPath(major, minor, path);
  if (hostPath === undefined) return placeInGone(major, path, container);
  if (!container) return { path: hostPath, hostPath, role: null, fsType };
  return { ...placeBelow(path, hostPath, container, mounts, ofDevice), fsType };
}

function placeIn({ volume, path, hostPath }: Seen, pathInFs: string, { upperdir }: Container): Placed {
  const { role, fsType } = volume;
  switch (role) {
    case 'root':
      return { path, hostPath: upperdir && joined(upperdir, pathInFs), role: 'layer', fsType };
    case 'work':
      return { path: COPYING, hostPath, role, fsType };
    case 'layer':
    case 'mount':
      return { path, hostPath, role, fsType };
  }
}

/** The root of a container's overlay is the container's own; any other overlay is mounted somewhere. */
function placeInOverlay(
  path: string,
  mount: Mount,
  container: Container | undefined,
  mounts: Mounts,
): Placed {
  // The device number of an ended container's overlay is soon that of another's.
  const isEnded = container?.upperdir != null && container.rootfs !== null && !mounts.at(container.rootfs);
  const layer = (isEnded ? container.upperdir : overlayLayers(mount)?.upperdir) ?? null;
  const role = layer === null ? null : 'layer';
  const shown = container ? path : joined(mount.mountPoint, path);
  return { path: shown, hostPath: layer && joined(layer, path), role, fsType: mount.fsType };
}

/** A file system that is mounted no more: most often the overlay of a container that has ended. */
function placeInGone(major: number, path: string, container: Container | undefined): Placed {
  const layer = major === 0 ? (container?.upperdir ?? null) : null;
  return {
    path,
    hostPath: layer && joined(layer, path),
    role: layer === null ? null : 'layer',
    fsType: null,
  };
}

/**
 * A file of a file system the container has not mounted itself: it may be mounted below something that the container has
 * mounted with all that is below it.
 */
function placeBelow(
  path: string,
  hostPath: string,
  { volumes }: Container,
  mounts: Mounts,
  ofDevice: readonly Mount[],
): Omit<Placed, 'fsType'> {
  for (const { root, mountPoint } of ofDevice) {
    const rest = pathBelow(root, path);
    const shown = rest === undefined ? undefined : joined(mountPoint, rest);
    const volume = shown === undefined ? undefined : nearest(volumes, shown);
    if (shown === undefined || volume?.hostPath == null) continue;
    const inside = joined(volume.destination, pathBelow(volume.hostPath, shown) ?? '');
    return { path: inside, hostPath: shown, role: 'mount' };
  }
  const inLayer = mounts.overlayUnder(hostPath)?.path;
  return { path: inLayer ?? hostPath, hostPath, role: inLayer === undefined ? null : 'layer' };
}

function nearest(volumes: readonly Volume[], hostPath: string): Volume | undefined {
  return volumes
    .filter(
      (one) =>
        one.role === 'mount' && one.hostPath !== null && pathBelow(one.hostPath, hostPath) !== undefined,
    )
    .toSorted((a, b) => (b.hostPath?.length ?? 0) - (a.hostPath?.length ?? 0))[0];
}
