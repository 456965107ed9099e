import { dirname, join } from 'node:path';
import { readLines } from './bounded-read.ts';
import { hostPath, overlayLayers, parseMountinfo, pathBelow } from './mountinfo.ts';
import type { Mount } from './mountinfo.ts';
import { hostRoot } from './roots.ts';
import type { Roots } from './roots.ts';

/** A host path below an overlay's upperdir, as the container sees it. */
export interface OverlayPath {
  readonly mount: Mount;
  /** Absolute, in the root of the overlay; `/` for the upperdir itself. */
  readonly path: string;
}

/** The host's mount table as of the last `refresh()`. Never fails: without a table it is empty. */
export interface Mounts {
  /** Reads the table again. Everything else answers from memory. */
  readonly refresh: () => void;
  /** Grows with every `refresh()`: lets others tell whether what they cached is still of this table. */
  generation(): number;
  /** Grows with every `refresh()` that found another table than the one before. */
  changes(): number;
  all(): readonly Mount[];
  /** The mounts of a file system, in order of mounting. */
  byDevice(major: number, minor: number): readonly Mount[];
  /** The latest mount at exactly this mount point. */
  at(mountPoint: string): Mount | undefined;
  /** The mount a host path lies on: the longest mount point above it, the latest where two are equal. */
  holding(path: string): Mount | undefined;
  /** See {@link hostPath}. */
  hostPath(major: number, minor: number, pathInFileSystem: string): string | undefined;
  /** The overlay whose upperdir contains this host path. */
  overlayUnder(upperPath: string): OverlayPath | undefined;
}

/** 16 MiB: about 50 000 mounts. */
const TABLE_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * The cached mount table, read once at creation.
 *
 * @param process whose table: `self`, or `1` for a daemon in a mount namespace of its own that
 *   shares the host's PIDs (a DaemonSet)
 */
export function createMounts(
  roots: Pick<Roots, 'proc'>,
  process: 'self' | '1' = hostRoot === '' ? 'self' : '1',
): Mounts {
  const file = join(roots.proc, process, 'mountinfo');
  let table = indexed([]);
  let text = '';
  let generation = 0;
  let changes = 0;
  const refresh = (): void => {
    const read = readLines(file, TABLE_LIMIT_BYTES).join('\n');
    generation += 1;
    if (read === text) return;
    text = read;
    changes += 1;
    table = indexed(parseMountinfo(text));
  };
  refresh();
  return {
    refresh,
    generation: () => generation,
    changes: () => changes,
    all: () => table.mounts,
    byDevice: (major, minor) => table.byDevice.get(deviceKey(major, minor)) ?? [],
    at: (mountPoint) => table.byMountPoint.get(mountPoint),
    holding: (path) => nearestAbove(table.byMountPoint, path)?.[1],
    hostPath: (major, minor, path) =>
      hostPath(table.byDevice.get(deviceKey(major, minor)) ?? [], major, minor, path),
    overlayUnder: (upperPath) => overlayUnder(table.byUpperdir, upperPath),
  };
}

interface Table {
  readonly mounts: readonly Mount[];
  readonly byDevice: ReadonlyMap<string, readonly Mount[]>;
  readonly byMountPoint: ReadonlyMap<string, Mount>;
  readonly byUpperdir: ReadonlyMap<string, Mount>;
}

function indexed(mounts: readonly Mount[]): Table {
  const byDevice = new Map<string, Mount[]>();
  const byMountPoint = new Map<string, Mount>();
  const byUpperdir = new Map<string, Mount>();
  for (const mount of mounts) {
    const key = deviceKey(mount.major, mount.minor);
    const ofDevice = byDevice.get(key);
    if (ofDevice) ofDevice.push(mount);
    else byDevice.set(key, [mount]);
    byMountPoint.set(mount.mountPoint, mount);
    keepOverlay(byUpperdir, mount);
  }
  return { mounts, byDevice, byMountPoint, byUpperdir };
}

/** A bind mount of a directory inside the container has the same upperdir but is not its root. */
function keepOverlay(byUpperdir: Map<string, Mount>, mount: Mount): void {
  const upperdir = mount.root === '/' ? overlayLayers(mount)?.upperdir : undefined;
  if (upperdir !== undefined && !byUpperdir.has(upperdir)) byUpperdir.set(upperdir, mount);
}

function overlayUnder(byUpperdir: ReadonlyMap<string, Mount>, upperPath: string): OverlayPath | undefined {
  const found = nearestAbove(byUpperdir, upperPath);
  return found && { mount: found[1], path: pathBelow(found[0], upperPath) || '/' };
}

/** The nearest directory, at or above a path, that a mount is known by. */
function nearestAbove(mounts: ReadonlyMap<string, Mount>, path: string): [string, Mount] | undefined {
  for (let directory = path; ; directory = dirname(directory)) {
    const mount = mounts.get(directory);
    if (mount) return [directory, mount];
    if (directory === dirname(directory)) return undefined;
  }
}

function deviceKey(major: number, minor: number): string {
  return `${String(major)}:${String(minor)}`;
}
