import { basename, join } from 'node:path';
import { readWhole } from './bounded-read.ts';
import { disksBelow } from './disks.ts';
import { overlayLayers } from './mountinfo.ts';
import type { Mount } from './mountinfo.ts';
import type { Mounts } from './mounts.ts';
import type { Roots } from './roots.ts';

/** What a device number stands for. */
export interface Device {
  /** `vda`, `sda1`, `vg0-data`, `tmpfs`, `server:/export`, or `M:m` when nothing is known. */
  readonly name: string;
  /**
   * - `disk`, `partition`, `dm`: block devices;
   * - `overlay`: an overlay mount, named after the device its writable layer lies on;
   * - `tmpfs`;
   * - `filesystem`: any other without a block device number of its own (btrfs, NFS, virtiofs …);
   * - `unknown`.
   */
  readonly kind: 'disk' | 'partition' | 'dm' | 'overlay' | 'tmpfs' | 'filesystem' | 'unknown';
}

export interface Devices {
  /** Never fails; what is unknown is looked up again once the mount table was refreshed. */
  of(major: number, minor: number): Device;
  /** Names of the disks its data is on: its own name when it is one, or nothing more is known. */
  disksOf(major: number, minor: number): readonly string[];
}

/** Overlay on overlay happens (kind, docker in docker); deeper than this is a loop. */
const DEEPEST_OVERLAY = 8;

/**
 * Names devices by `/sys/dev/block/M:m` (kernel Documentation/ABI/testing/sysfs-dev), else by the
 * mount table. Cached until the table is refreshed, because the kernel hands the numbers of
 * unmounted file systems out again.
 */
export function createDevices(roots: Pick<Roots, 'sys'>, mounts: Mounts): Devices {
  const known = new Map<string, Device>();
  let generation = mounts.generation();
  const devices: Devices = {
    of(major, minor) {
      if (generation !== mounts.generation()) known.clear();
      generation = mounts.generation();
      const key = `${String(major)}:${String(minor)}`;
      const cached = known.get(key);
      if (cached) return cached;
      const device = nameDevice(roots.sys, mounts, major, minor);
      known.set(key, device);
      return device;
    },
    disksOf(major, minor) {
      return disksBelow(roots.sys, `${String(major)}:${String(minor)}`).map((disk) => {
        const [diskMajor = 0, diskMinor = 0] = disk.split(':').map(Number);
        return devices.of(diskMajor, diskMinor).name;
      });
    },
  };
  return devices;
}

/** The name of a block device from its uevent file: `DEVNAME=` and `DEVTYPE=` lines. */
export function parseUevent(text: string): { name?: string; type?: string } {
  const name = /^DEVNAME=(.+)$/mu.exec(text)?.[1];
  const type = /^DEVTYPE=(.+)$/mu.exec(text)?.[1];
  return { ...(name !== undefined && { name }), ...(type !== undefined && { type }) };
}

function nameDevice(sys: string, mounts: Mounts, major: number, minor: number, depth = 0): Device {
  const mount = mounts.byDevice(major, minor)[0];
  return (
    blockDevice(sys, major, minor) ??
    (mount && fileSystem(sys, mounts, mount, depth)) ?? {
      name: `${String(major)}:${String(minor)}`,
      kind: 'unknown',
    }
  );
}

function blockDevice(sys: string, major: number, minor: number): Device | undefined {
  const directory = join(sys, 'dev/block', `${String(major)}:${String(minor)}`);
  const uevent = readWhole(join(directory, 'uevent'));
  if (uevent === undefined) return undefined;
  const mapped = readWhole(join(directory, 'dm/name'))?.trim();
  if (mapped) return { name: mapped, kind: 'dm' };
  const { name, type } = parseUevent(uevent);
  if (name === undefined) return undefined;
  return { name, kind: type === 'partition' ? 'partition' : 'disk' };
}

function fileSystem(sys: string, mounts: Mounts, mount: Mount, depth: number): Device {
  if (mount.fsType === 'tmpfs') return { name: 'tmpfs', kind: 'tmpfs' };
  if (mount.fsType !== 'overlay') return { name: sourceName(mount), kind: 'filesystem' };
  const layers = overlayLayers(mount);
  const directory = layers?.upperdir ?? layers?.lowerdirs[0];
  const below = directory === undefined ? undefined : mounts.holding(directory);
  if (!below || depth >= DEEPEST_OVERLAY) return { name: sourceName(mount), kind: 'overlay' };
  const { name } = nameDevice(sys, mounts, below.major, below.minor, depth + 1);
  return { name, kind: 'overlay' };
}

/** Only paths have a base name: `/dev/sdb2` → `sdb2`, but `server:/export` stays. */
function sourceName({ source, fsType }: Mount): string {
  if (source === '' || source === 'none') return fsType;
  return source.startsWith('/') ? basename(source) || fsType : source;
}
