import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, readLines, readWhole, statOf } from './bounded-read.ts';
import { parseMountinfo } from './mountinfo.ts';

const MOST_DESCRIPTORS = 4096;
const COMM_LIMIT_BYTES = 4096;
const FDINFO_LIMIT_BYTES = 64 * 1024;

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
  return findDescriptor(directory, file) ?? findMapping(readLines(join(directory, 'maps')), file);
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
    const path = isOpenAt(directory, descriptor, file) ? linkOf(directory, descriptor) : undefined;
    if (path?.startsWith('/')) return path;
  }
  return undefined;
}

/**
 * fdinfo tells inode (kernel ≥ 5.14) and mount without touching the file system, where a `stat`
 * would hang on a dead NFS server; and it tells the numbers the kernel itself uses, where `stat`
 * tells others on overlay and btrfs.
 */
function isOpenAt(directory: string, descriptor: string, file: FileNumbers): boolean {
  const fdinfo = readWhole(join(directory, 'fdinfo', descriptor), FDINFO_LIMIT_BYTES) ?? '';
  const inode = /^ino:\s*(\d+)$/mu.exec(fdinfo)?.[1];
  if (inode === undefined) return hasNumbers(join(directory, 'fd', descriptor), file);
  if (BigInt(inode) !== file.inode) return false;
  const mount = mountOf(directory, Number(/^mnt_id:\s*(\d+)$/mu.exec(fdinfo)?.[1]));
  if (!mount) return hasNumbers(join(directory, 'fd', descriptor), file);
  return mount.major === file.major && mount.minor === file.minor;
}

function mountOf(directory: string, id: number): { major: number; minor: number } | undefined {
  const table = parseMountinfo(readLines(join(directory, 'mountinfo')).join('\n'));
  return table.find((mount) => mount.id === id);
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

/** A deleted file's link ends in ` (deleted)`, but so may the name of one that is not. */
function linkOf(directory: string, descriptor: string): string | undefined {
  const link = join(directory, 'fd', descriptor);
  try {
    const path = readlinkSync(link);
    return DELETED.test(path) && statOf(link)?.nlink === 0n ? path.replace(DELETED, '') : path;
  } catch {
    return undefined;
  }
}
