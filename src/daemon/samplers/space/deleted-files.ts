import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, readLines, statOf } from '../../lookups/bounded-read.ts';
import { cgroupOf, parseProcessStat } from '../counters/process-io.ts';
import { isRead, readText } from '../read.ts';
import type { Sampler, Sight } from '../sampler.ts';
import { defineTable } from '../table.ts';
import type { DeviceNumbers, SampledRow } from '../table.ts';
import { isForeign } from '../../lookups/foreign.ts';
import { mayReadMaps, mountOf, mountsIn } from '../../lookups/processes.ts';

const EVERY_MS = 5 * 60_000;
/** What may be looked at in one tick, in descriptors, so that no tick is long: about 5 ms. */
const EFFORT_PER_TICK = 2000;
/** Reading the mappings of a process is about so much more than looking at a descriptor. */
const MAPS_EFFORT = 100;
const DESCRIPTORS_MAX = 65_536;
const MAPS_LIMIT_BYTES = 8 * 1024 * 1024;
const RECORDED_MIN_BYTES = 64 * 1024;
const RECORDED_MAX = 500;

const deletedFile = defineTable({
  name: 'deleted_file',
  keys: ['session_id', 'sampled_us', 'cgroup_key', 'process_key', 'device_key'],
  columns: ['inode', 'path', 'size_bytes', 'allocated_bytes', 'held_by', 'holder_count'],
});

/** A deleted file that is held, with its first holder. */
export type DeletedFile = DeviceNumbers & {
  readonly pid: number;
  readonly name: string;
  readonly cgroupPath: string | undefined;
  readonly inode: bigint;
  readonly path: string;
  readonly size_bytes: number;
  readonly allocated_bytes: number;
  readonly held_by: string;
  readonly holder_count: number;
};

/** Deleted files that are open or mapped; looked for every five minutes, little by little. */
export function createDeletedFiles({ roots }: Sight): Sampler {
  let scan: Generator<number, DeletedFile[]> | undefined;
  let startedUs = -Infinity;
  return {
    everyMs: 0,
    sample({ monotonicUs }) {
      if (!scan && monotonicUs - startedUs >= EVERY_MS * 1000) {
        scan = findDeleted(roots.proc);
        startedUs = monotonicUs;
      }
      for (let effort = 0; scan && effort < EFFORT_PER_TICK;) {
        const { done, value } = scan.next();
        if (done !== true) {
          effort += value;
          continue;
        }
        scan = undefined;
        const rows = value.filter(({ allocated_bytes }) => allocated_bytes >= RECORDED_MIN_BYTES);
        return { rows: rows.slice(0, RECORDED_MAX).map(rowOf), problems: [] };
      }
      return { rows: [], problems: [] };
    },
  };
}

function rowOf(file: DeletedFile): SampledRow {
  const { pid, name, cgroupPath, path, size_bytes, allocated_bytes, held_by, holder_count } = file;
  return deletedFile.row(
    {
      cgroup: cgroupPath === undefined ? undefined : { path: cgroupPath },
      process: { pid, name },
      device: file,
    },
    {
      inode: BigInt.asIntN(64, file.inode),
      path,
      size_bytes,
      allocated_bytes,
      held_by,
      holder_count,
    },
  );
}

/** All of them at once, largest first. */
export function findAllDeleted(proc: string): DeletedFile[] {
  const scan = findDeleted(proc);
  for (;;) {
    const { done, value } = scan.next();
    if (done === true) return value;
  }
}

/**
 * Deleted files that processes hold, each once with its first holder, by what closing them gives back. A
 * step looks at one descriptor or one process's mappings, and says what that cost. What only root may see is left out for others,
 * and so is what is on a foreign file system: asked for a file's size, that may never answer.
 */
function* findDeleted(proc: string): Generator<number, DeletedFile[]> {
  const files = new Map<string, DeletedFile>();
  for (const pid of namesIn(proc).filter((name) => /^\d+$/u.test(name))) {
    const directory = join(proc, pid);
    const own = new Set<string>();
    for (const descriptor of namesIn(join(directory, 'fd')).slice(0, DESCRIPTORS_MAX)) {
      const path = deletedPath(join(directory, 'fd', descriptor));
      if (path !== undefined && isOnLocalMount(proc, directory, descriptor)) {
        take(files, own, directory, `fd ${descriptor}`, deletedAt(join(directory, 'fd', descriptor), path));
      }
      yield 1;
    }
    for (const { range, device } of mayReadMaps(directory) ? mappingsOf(directory) : []) {
      const path = deletedPath(join(directory, 'map_files', range));
      if (path !== undefined && isOnLocalDevice(proc, directory, device)) {
        take(files, own, directory, 'map', deletedAt(join(directory, 'map_files', range), path));
      }
    }
    yield MAPS_EFFORT;
  }
  return [...files.values()].toSorted((a, b) => b.allocated_bytes - a.allocated_bytes);
}

const DELETED = / \(deleted\)$/u;
/** Memory that has the shape of a deleted file: memfd, anonymous shared memory, asynchronous I/O. */
const MEMORY = /^\/(?:memfd:|dev\/zero|SYSV|\[aio\]|anon_hugepage|i915|drm mm object)/u;

type Found = Pick<DeletedFile, 'major' | 'minor' | 'inode' | 'path' | 'size_bytes' | 'allocated_bytes'>;

/** Where a file was that a link in /proc leads to, if no directory shows it any more. */
function deletedPath(link: string): string | undefined {
  const path = linkOf(link);
  return path !== undefined && DELETED.test(path) && !MEMORY.test(path) ? path : undefined;
}

/** A descriptor may have come from another mount namespace: then the host's. */
function isOnLocalMount(proc: string, directory: string, descriptor: string): boolean {
  const fdinfo = readText(join(directory, 'fdinfo', descriptor));
  const mount = isRead(fdinfo)
    ? (mountOf(directory, fdinfo) ?? mountOf(join(proc, 'self'), fdinfo))
    : undefined;
  return mount !== undefined && !isForeign(mount.fsType);
}

function isOnLocalDevice(proc: string, directory: string, device: string): boolean {
  const [major = -1, minor = -1] = device.split(':').map((number) => Number.parseInt(number, 16));
  const mounts = [directory, join(proc, 'self')].flatMap((each) => mountsIn(each));
  const mount = mounts.find((each) => each.major === major && each.minor === minor);
  return mount !== undefined && !isForeign(mount.fsType);
}

function deletedAt(link: string, path: string): Found | undefined {
  const stats = statOf(link);
  // A name may end like this without being deleted, and a hard link keep a file that was.
  if (!stats?.isFile() || stats.nlink !== 0n) return undefined;
  return {
    major: Number((stats.dev >> 8n) & 0xfffn),
    minor: Number((stats.dev & 0xffn) | ((stats.dev >> 12n) & 0xfff00n)),
    inode: stats.ino,
    path: path.replace(DELETED, ''),
    size_bytes: Number(stats.size),
    allocated_bytes: Number(stats.blocks * 512n),
  };
}

function linkOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** A mapped file: its name in /proc/PID/map_files, and major:minor of its file system, hexadecimal. */
type Mapping = { readonly range: string; readonly device: string };

const mappingsOf = (directory: string): Mapping[] =>
  deletedMappings(readLines(join(directory, 'maps'), MAPS_LIMIT_BYTES));

/** The mappings in the lines of /proc/PID/maps that are of a deleted file, each file once. */
export function deletedMappings(lines: readonly string[]): Mapping[] {
  const mappings = new Map<string, Mapping>();
  for (const line of lines) {
    if (!line.endsWith(' (deleted)')) continue;
    const [, range, file, path] = MAPPING.exec(line) ?? [];
    if (range === undefined || file === undefined || path === undefined || MEMORY.test(path)) continue;
    // maps fills addresses up with zeros, map_files does not.
    const found = { range: range.replaceAll(/(^|-)0+/gu, '$1'), device: file.replace(/ .*$/u, '') };
    if (!mappings.has(file)) mappings.set(file, found);
  }
  return [...mappings.values()];
}

/** address perms offset major:minor inode path */
const MAPPING = /^([0-9a-f]+-[0-9a-f]+) \S{4} [0-9a-f]+ ([0-9a-f]+:[0-9a-f]+ \d+) +(\/.*)$/u;

function take(
  files: Map<string, DeletedFile>,
  own: Set<string>,
  directory: string,
  held_by: string,
  found: Found | undefined,
): void {
  if (!found) return;
  const key = `${String(found.major)}:${String(found.minor)}:${String(found.inode)}`;
  if (own.has(key)) return;
  own.add(key);
  const known = files.get(key);
  if (known) files.set(key, { ...known, holder_count: known.holder_count + 1 });
  else files.set(key, { ...holderOf(directory), ...found, held_by, holder_count: 1 });
}

function holderOf(directory: string): Pick<DeletedFile, 'pid' | 'name' | 'cgroupPath'> {
  const text = readText(join(directory, 'stat'));
  const stat = isRead(text) ? parseProcessStat(text) : undefined;
  const pid = Number(directory.slice(directory.lastIndexOf('/') + 1));
  return { pid, name: stat?.name ?? '(gone)', cgroupPath: cgroupOf(directory)?.path };
}
