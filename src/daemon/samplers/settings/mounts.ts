import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Mount } from '../../lookups/mountinfo.ts';
import { overlayLayers } from '../../lookups/mountinfo.ts';
import type { Roots } from '../../lookups/roots.ts';
import type { Problem } from '../problem.ts';
import { isRead, readText } from '../read.ts';
import type { Sampler, Sight } from '../sampler.ts';
import { defineStateTable } from '../table.ts';

const mountState = defineStateTable({
  name: 'mount_state',
  primaryKey: 'mount_key',
  keys: ['device_key', 'container_key'],
  columns: [
    'mount_point',
    'root',
    'fs_type',
    'source',
    'is_read_only',
    'atime',
    'has_diratime',
    'data_mode',
    'has_barrier',
    'commit_s',
    'is_discarding',
    'lowerdir_count',
    'upperdir',
    'overlay_index',
    'overlay_metacopy',
    'is_volatile',
    'options',
  ],
});

const MOUNTS_MAX = 5000;

/** File systems that hold no files of anybody's. */
const PSEUDO =
  /^(?:proc|sysfs|cgroup2?|devpts|devtmpfs|tmpfs|mqueue|nsfs|tracefs|debugfs|securityfs|pstore|efivarfs|bpf|configfs|fusectl|hugetlbfs|binfmt_misc|autofs|rpc_pipefs|nfsd|ramfs|selinuxfs)$/u;

/** Mounts with the options that matter for I/O, whenever they change. */
export function createMountStates({ roots, mounts, containers }: Sight): Sampler {
  return {
    everyMs: 30_000,
    sample() {
      const real = mounts.all().filter(({ fsType }) => !PSEUDO.test(fsType));
      const defaults = overlayDefaults(roots.sys);
      const states = real.slice(0, MOUNTS_MAX).map((mount) => ({
        identity: `${String(mount.id)} ${mount.mountPoint}`,
        subject: {
          device: mount,
          container: mount.fsType === 'overlay' ? containers.ofRootfs(mount.mountPoint) : undefined,
        },
        values: describeMount(mount, ext4Options(roots, mount), defaults),
      }));
      return { rows: [mountState.all(states)], problems: tooMany(real.length) };
    },
  };
}

function tooMany(count: number): Problem[] {
  if (count <= MOUNTS_MAX) return [];
  const reason = `only the first ${String(MOUNTS_MAX)} of ${String(count)} mounts are recorded`;
  return [{ subject: 'mounts', state: 'partial', reason, fix: null }];
}

/** What overlay mounts do that say nothing about it: the module's parameters. */
export type OverlayDefaults = { readonly index: string | null; readonly metacopy: string | null };

function overlayDefaults(sys: string): OverlayDefaults {
  const parameter = (name: string): string | null => {
    const text = readText(join(sys, 'module/overlay/parameters', name));
    return isRead(text) ? (text.trim() === 'Y' ? 'on' : 'off') : null;
  };
  return { index: parameter('index'), metacopy: parameter('metacopy') };
}

/** The options of an ext4 in full, defaults too, which mountinfo leaves out; `undefined`: not ext4, or not there. */
function ext4Options({ proc, sys }: Roots, { fsType, major, minor }: Mount): readonly string[] | undefined {
  if (fsType !== 'ext4') return undefined;
  const name = kernelName(sys, major, minor);
  const text = name === undefined ? undefined : readText(join(proc, 'fs/ext4', name, 'options'));
  return text !== undefined && isRead(text) ? text.trim().split('\n') : undefined;
}

/** `dm-3`, whatever a mount's source or the mapper call it: what the link in /sys/dev/block leads to. */
function kernelName(sys: string, major: number, minor: number): string | undefined {
  try {
    return basename(readlinkSync(join(sys, 'dev/block', `${String(major)}:${String(minor)}`)));
  } catch {
    return undefined;
  }
}

/**
 * @param full options of the file system with its defaults, where the kernel tells them
 */
export function describeMount(mount: Mount, full: readonly string[] | undefined, defaults: OverlayDefaults) {
  const ofFileSystem = mount.superOptions.split(',');
  const all = [...mount.options, ...ofFileSystem];
  return {
    mount_point: mount.mountPoint,
    root: mount.root,
    fs_type: mount.fsType,
    source: mount.source,
    is_read_only: all.includes('ro') ? 1 : 0,
    atime: atimeOf(all),
    has_diratime: all.includes('noatime') || all.includes('nodiratime') ? 0 : 1,
    ...ext4Settings(mount, full ?? ofFileSystem, full !== undefined),
    is_discarding: all.includes('discard') ? 1 : 0,
    ...overlaySettings(mount, ofFileSystem, defaults),
    options: [...mount.options, ...ofFileSystem.filter((option) => !PATHS.test(option))].join(','),
  };
}

/** An overlay's list of layers is long, and has columns of its own. */
const PATHS = /^(?:lowerdir|upperdir|workdir)[+=]/u;

function atimeOf(options: readonly string[]): string {
  if (options.includes('noatime')) return 'noatime';
  return options.includes('relatime') ? 'relatime' : 'strictatime';
}

function ext4Settings({ fsType }: Mount, options: readonly string[], isFull: boolean) {
  if (fsType !== 'ext4') return { data_mode: null, has_barrier: null, commit_s: null };
  const value = (name: string): string | undefined =>
    options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
  const hasNoBarrier = options.includes('nobarrier') || value('barrier') === '0';
  const commit = value('commit');
  return {
    // Without a journal ext4 tells no mode; with one, the full list always has it.
    data_mode: value('data') ?? (isFull ? 'none' : null),
    has_barrier: hasNoBarrier ? 0 : 1,
    commit_s: commit === undefined ? null : Number(commit),
  };
}

function overlaySettings(mount: Mount, options: readonly string[], defaults: OverlayDefaults) {
  const layers = overlayLayers(mount);
  if (!layers) {
    const none = { lowerdir_count: null, upperdir: null, overlay_index: null };
    return { ...none, overlay_metacopy: null, is_volatile: null };
  }
  const value = (name: string): string | undefined =>
    options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
  return {
    lowerdir_count: layers.lowerdirs.length,
    upperdir: layers.upperdir ?? null,
    overlay_index: value('index') ?? defaults.index,
    overlay_metacopy: value('metacopy') ?? defaults.metacopy,
    is_volatile: options.includes('volatile') || value('fsync') === 'volatile' ? 1 : 0,
  };
}
