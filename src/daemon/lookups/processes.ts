import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, readLines, readWhole, statOf } from './bounded-read.ts';
import { isForeign } from './foreign.ts';
import { parseMountinfo } from './mountinfo.ts';
import type { Mount } from './mountinfo.ts';

const MOST_DESCRIPTORS = 4096;
const COMM_LIMIT_BYTES = 4096;
const FDINFO_LIMIT_BYTES = 64 * 1024;
const STAT_LIMIT_BYTES = 4096;
const MOST_THREADS = 256;

/** A file as kernel records name it: `s_dev` of its file system and `i_ino`. */
interface FileNumbers {
  readonly major: number;
  readonly minor: number;
  readonly inode: bigint;
}

/**
 * The path under which a process has a file open or mapped, for a file whose name the kernel
 * records did not give. The path is the one the process sees (in a container: the container's).
 *
 * Looks at no more than 4096 descriptors, then at the memory maps (proc(5):
 * `/proc/PID/fd`, `/proc/PID/fdinfo`, `/proc/PID/maps`).
 *
 * @param inode any 64-bit number
 * @returns `undefined` when the process is gone, is not ours to look at, or has no such file
 */
export function findOpenFile(
  proc: string,
  pid: number,
  major: number,
  minor: number,
  inode: bigint | number,
): string | undefined {
  if (typeof inode === 'number' && !Number.isSafeInteger(inode)) return undefined;
  const file = { major, minor, inode: BigInt(inode) };
  const directory = join(proc, String(pid));
  const open = findDescriptor(directory, file);
  if (open !== undefined || !mayReadMaps(directory)) return open;
  return findMapping(readLines(join(directory, 'maps')), file);
}

/** The `comm` of a process: at most 15 bytes, set by itself. `undefined` when it is gone. */
export function processName(proc: string, pid: number): string | undefined {
  return readWhole(join(proc, String(pid), 'comm'), COMM_LIMIT_BYTES)?.replace(/\n$/u, '');
}

/** The path of the first mapping of a file in the lines of `/proc/PID/maps`. */
export function findMapping(lines: readonly string[], file: FileNumbers): string | undefined {
  for (const line of lines) {
    const [, major, minor, inode, path] = MAPPING.exec(line) ?? [];
    if (inode === undefined || path === undefined || BigInt(inode) !== file.inode) continue;
    if (Number.parseInt(major ?? '', 16) !== file.major) continue;
    if (Number.parseInt(minor ?? '', 16) !== file.minor) continue;
    // Of all bytes the kernel escapes the newline alone here.
    return path.replaceAll('\\012', '\n').replace(DELETED, '');
  }
  return undefined;
}

/** address perms offset major:minor inode path; a file's path is absolute, `[heap]` is none. */
const MAPPING = /^[0-9a-f]+-[0-9a-f]+ \S{4} [0-9a-f]+ ([0-9a-f]+):([0-9a-f]+) (\d+) +(\/.*)$/su;
const DELETED = / \(deleted\)$/u;

function findDescriptor(directory: string, file: FileNumbers): string | undefined {
  for (const descriptor of namesIn(join(directory, 'fd')).slice(0, MOST_DESCRIPTORS)) {
    const found = isOpenAt(directory, descriptor, file);
    const path = found.is ? linkOf(directory, descriptor, found.isSafe) : undefined;
    if (path?.startsWith('/')) return path;
  }
  return undefined;
}

type OpenAt = {
  readonly is: boolean;
  /** Whether looking at it can't wait for a foreign file system. */ readonly isSafe: boolean;
};

/**
 * fdinfo tells inode (kernel ≥ 5.14) and mount without touching the file system, where a `stat` would hang on a dead NFS
 * server; and it tells the numbers the kernel itself uses, where `stat` tells others on overlay and btrfs.
 */
function isOpenAt(directory: string, descriptor: string, file: FileNumbers): OpenAt {
  const fdinfo = readWhole(join(directory, 'fdinfo', descriptor), FDINFO_LIMIT_BYTES) ?? '';
  const inode = /^ino:\s*(\d+)$/mu.exec(fdinfo)?.[1];
  if (inode !== undefined && BigInt(inode) !== file.inode) return { is: false, isSafe: false };
  const mount = mountOf(directory, fdinfo);
  const isSafe = mount !== undefined && !isForeign(mount.fsType);
  if (inode !== undefined && mount)
    return { is: mount.major === file.major && mount.minor === file.minor, isSafe };
  return { is: isSafe && hasNumbers(join(directory, 'fd', descriptor), file), isSafe };
}

/**
 * The mount a descriptor is on, by the text of its fdinfo. `undefined` for what is on none of its process's: pipes,
 * sockets, memfd, files of another mount namespace, and of what was unmounted since.
 */
export function mountOf(directory: string, fdinfo: string): Mount | undefined {
  const id = Number(/^mnt_id:\s*(\d+)$/mu.exec(fdinfo)?.[1]);
  return mountsIn(directory).find((mount) => mount.id === id);
}

/** The mounts a process sees. */
export function mountsIn(directory: string): Mount[] {
  return parseMountinfo(readLines(join(directory, 'mountinfo')).join('\n'));
}

/**
 * Whether reading what a process has mapped can't wait for a foreign file system: one of its threads that waits for a page
 * from there may hold the lock of its memory.
 */
export function mayReadMaps(directory: string): boolean {
  return namesIn(join(directory, 'task'))
    .slice(0, MOST_THREADS)
    .every(
      (thread) => !/\) D /u.test(readWhole(join(directory, 'task', thread, 'stat'), STAT_LIMIT_BYTES) ?? ''),
    );
}

function hasNumbers(path: string, file: FileNumbers): boolean {
  const stats = statOf(path);
  if (!stats || stats.ino !== file.inode) return false;
  return deviceMajor(stats.dev) === file.major && deviceMinor(stats.dev) === file.minor;
}

/** dev_t as the kernel encodes it for user space (include/linux/kdev_t.h, `new_encode_dev`). */
function deviceMajor(device: bigint): number {
  return Number((device >> 8n) & 0xfffn);
}

function deviceMinor(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & 0xfff00n));
}

/**
 * A deleted file's link ends in ` (deleted)`, but so may the name of one that is not. The link itself is the kernel's to
 * give (proc(5)); what it leads to is the file system's.
 */
function linkOf(directory: string, descriptor: string, isSafe: boolean): string | undefined {
  const link = join(directory, 'fd', descriptor);
  try {
    const path = readlinkSync(link);
    if (!DELETED.test(path)) return path;
    return !isSafe || statOf(link)?.nlink === 0n ? path.replace(DELETED, '') : path;
  } catch {
    return undefined;
  }
}
