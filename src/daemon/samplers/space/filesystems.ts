import { statfsSync } from 'node:fs';
import { errorCode } from '../../../failure.ts';
import type { Container } from '../../lookups/containers.ts';
import { pathBelow } from '../../lookups/mountinfo.ts';
import type { Mount } from '../../lookups/mountinfo.ts';
import type { Mounts } from '../../lookups/mounts.ts';
import type { Problem } from '../problem.ts';
import type { Sampler, Sight } from '../sampler.ts';
import { defineTable } from '../table.ts';
import type { SampledRow } from '../table.ts';
import { hostRoot } from '../../lookups/roots.ts';
import { isForeignPath } from '../../lookups/foreign.ts';

/** Where container data lies on every host that has it, and what it is. */
const PLACES: readonly (readonly [path: string, what: string])[] = [
  ['/var/lib/containerd', 'images'],
  ['/var/lib/docker', 'images'],
  ['/var/lib/containers', 'images'],
  ['/var/lib/rancher', 'images'],
  ['/var/lib/kubelet', 'kubelet'],
  ['/var/log', 'logs'],
  ['/run', 'runtime state'],
];
const VOLUMES = '/var/lib/kubelet/pods';

const WITHOUT_SPACE = /^(?:overlay|proc|sysfs|cgroup2?|devpts|devtmpfs|mqueue|nsfs|squashfs|erofs|iso9660)$/u;

const filesystemSample = defineTable({
  name: 'filesystem_sample',
  keys: ['session_id', 'sampled_us', 'device_key'],
  columns: [
    'mount_point',
    'fs_type',
    'holds',
    'size_bytes',
    'free_bytes',
    'available_bytes',
    'inode_count',
    'inode_free_count',
  ],
});

/** A file system, and what of containers is on it. */
export type Holder = { readonly mount: Mount; readonly holds: readonly string[] };

/** Space and inodes of every file system that holds container data (statfs(2)). */
export function createFilesystems({ mounts, containers }: Sight, databasePath: string): Sampler {
  return {
    everyMs: 60_000,
    sample() {
      const rows: SampledRow[] = [];
      const problems: Problem[] = [];
      for (const { mount, holds } of holders(mounts, containers.all(), databasePath)) {
        const space = isForeignPath(mounts, mount.mountPoint) ? remote : spaceOf(hostRoot + mount.mountPoint);
        if ('reason' in space) {
          problems.push({ subject: mount.mountPoint, state: 'missing', reason: space.reason, fix: null });
        } else {
          const where = { mount_point: mount.mountPoint, fs_type: mount.fsType, holds: holds.join(', ') };
          rows.push(filesystemSample.row({ device: mount }, { ...where, ...space }));
        }
      }
      return { rows, problems };
    },
  };
}

const remote = { reason: 'it is remote, and asking it could wait for ever' };

/** The file systems that hold container data, each once, by the shortest of its mount points. */
export function holders(
  mounts: Mounts,
  containers: readonly Container[],
  databasePath: string | undefined,
): Holder[] {
  const found = new Map<string, { mount: Mount; holds: Set<string> }>();
  const note = (mount: Mount | undefined, what: string): void => {
    if (!mount || WITHOUT_SPACE.test(mount.fsType)) return;
    const key = `${String(mount.major)}:${String(mount.minor)}`;
    const known = found.get(key) ?? { mount: shortest(mounts, mount), holds: new Set<string>() };
    known.holds.add(what);
    found.set(key, known);
  };
  for (const { upperdir, mounts: binds } of containers) {
    if (upperdir !== null) note(mounts.holding(upperdir), 'writable layers');
    for (const { source } of binds) if (isVolume(source)) note(mounts.holding(source), 'volumes');
  }
  for (const [path, what] of PLACES) note(mounts.holding(path), what);
  for (const mount of mounts.all()) {
    if (mount.fsType !== 'tmpfs' && pathBelow(VOLUMES, mount.mountPoint) !== undefined)
      note(mount, 'volumes');
  }
  if (databasePath !== undefined) note(mounts.holding(databasePath), "iotrace's recording");
  return [...found.values()].map(({ mount, holds }) => ({ mount, holds: [...holds] }));
}

/** What every container has mounted from the host's own trees is no volume of its own. */
function isVolume(source: string): boolean {
  return !['/proc', '/sys', '/dev', '/run', '/etc'].some((tree) => pathBelow(tree, source) !== undefined);
}

function shortest(mounts: Mounts, mount: Mount): Mount {
  return mounts
    .byDevice(mount.major, mount.minor)
    .reduce((best, each) => (isBetter(each, best) ? each : best), mount);
}

/** A bind mount shows a part; the mount of the whole is the file system to people. */
function isBetter(one: Mount, other: Mount): boolean {
  const [isWhole, isOtherWhole] = [one.root === '/', other.root === '/'];
  return isWhole === isOtherWhole ? one.mountPoint.length < other.mountPoint.length : isWhole;
}

type Space = {
  readonly size_bytes: number;
  readonly free_bytes: number;
  readonly available_bytes: number;
  readonly inode_count: number | null;
  readonly inode_free_count: number | null;
};

/** What `df` and `df -i` compute from. A file system that makes inodes as it needs them (btrfs) counts none. */
export function spaceOf(path: string): Space | { readonly reason: string } {
  try {
    const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(path);
    return {
      size_bytes: blocks * bsize,
      free_bytes: bfree * bsize,
      available_bytes: bavail * bsize,
      inode_count: files === 0 ? null : files,
      inode_free_count: files === 0 ? null : ffree,
    };
  } catch (error) {
    return { reason: `statfs failed with ${errorCode(error)}` };
  }
}
