import { join } from 'node:path';
import { namesIn, readWhole, statOf, subdirectoriesOf } from './bounded-read.ts';
import { RecentMap } from './recent-map.ts';
import type { Roots } from './roots.ts';

/** How the cgroup hierarchies of this host are mounted. */
export interface CgroupLayout {
  /** `v2`: unified alone; `hybrid`: unified beside v1 hierarchies; `v1`: no cgroup2 to be seen. */
  readonly layout: 'v2' | 'hybrid' | 'v1' | 'none';
  /** Where cgroup2 is mounted; missing for `v1` and `none`. */
  readonly cgroup2Path?: string;
  /**
   * What cgroup2's root has to give. Without `io` and `memory` the kernel charges block I/O to the
   * root. Empty in hybrid, where v1 has them all.
   */
  readonly controllers: readonly string[];
}

/** Paths of cgroup2 cgroups by id. Paths are relative to the cgroup2 root, which is `/`. */
export interface Cgroups {
  readonly layout: CgroupLayout;
  /**
   * @param id the cgroup's id, which is the inode number of its directory in cgroup2
   * @returns `undefined` for one that was neither announced by `learn` nor found in the tree
   */
  pathOf(id: bigint | number): string | undefined;
  /**
   * Notes a cgroup seen at birth (`tracepoint:cgroup:cgroup_mkdir`, whose `root` is 0 for cgroup2).
   * What the tree itself says has precedence, because the tracepoint's path may arrive cut short.
   */
  learn(id: bigint | number, path: string): void;
}

export interface CgroupLimits {
  /** Milliseconds, of any origin. */
  readonly now?: () => number;
  readonly keep?: number;
  readonly directoriesPerScan?: number;
  readonly scanEveryMs?: number;
}

/** Finds out where cgroup2 is (kernel Documentation/admin-guide/cgroup-v2.rst), by what is there. */
export function detectCgroupLayout(roots: Pick<Roots, 'cgroup'>): CgroupLayout {
  const pure = controllersAt(roots.cgroup);
  if (pure) return { layout: 'v2', cgroup2Path: roots.cgroup, controllers: pure };
  const unified = join(roots.cgroup, 'unified');
  const beside = controllersAt(unified);
  if (beside) return { layout: 'hybrid', cgroup2Path: unified, controllers: beside };
  const anyV1 = namesIn(roots.cgroup).some((name) => statOf(join(roots.cgroup, name, 'cgroup.procs')));
  return { layout: anyV1 ? 'v1' : 'none', controllers: [] };
}

/**
 * Names cgroups. A name once known survives the cgroup, up to `keep` (100 000) names, the least
 * recently asked for going first.
 *
 * An unknown id costs a walk of the tree, at most one per `scanEveryMs` (1 s), of at most
 * `directoriesPerScan` (20 000) directories, nearest to the root first.
 */
export function createCgroups(roots: Pick<Roots, 'cgroup'>, limits: CgroupLimits = {}): Cgroups {
  const { now = () => performance.now(), keep = 100_000 } = limits;
  const { directoriesPerScan = 20_000, scanEveryMs = 1000 } = limits;
  const layout = detectCgroupLayout(roots);
  const paths = new RecentMap<bigint, string>(keep);
  // A cgroup exists before anything happens in it: what a walk did not find is gone for good, and
  // asking for it again must not cost another walk.
  const gone = new RecentMap<bigint, true>(keep);
  let scannedAt = -Infinity;

  const rescan = (): boolean => {
    if (layout.cgroup2Path === undefined || now() - scannedAt < scanEveryMs) return false;
    scannedAt = now();
    for (const { id, path } of walkCgroups(layout.cgroup2Path, directoriesPerScan)) paths.set(id, path);
    return true;
  };
  return {
    layout,
    pathOf(id) {
      const key = toKey(id);
      if (key === undefined) return undefined;
      const known = paths.get(key);
      if (known !== undefined || gone.get(key) || !rescan()) return known;
      const found = paths.get(key);
      if (found === undefined) gone.set(key, true);
      return found;
    },
    learn(id, path) {
      const key = toKey(id);
      if (key === undefined || paths.peek(key) !== undefined) return;
      paths.set(key, path.startsWith('/') ? path : `/${path}`);
    },
  };
}

function controllersAt(directory: string): string[] | undefined {
  const text = readWhole(join(directory, 'cgroup.controllers'));
  return text?.split(/\s+/u).filter(Boolean);
}

function toKey(id: bigint | number): bigint | undefined {
  if (typeof id === 'bigint') return id;
  return Number.isSafeInteger(id) ? BigInt(id) : undefined;
}

interface Cgroup {
  readonly id: bigint;
  readonly path: string;
}

/** Every cgroup below (and with) the root. Breadth first, so that a limit cuts off the deepest. */
export function walkCgroups(root: string, limit: number): Cgroup[] {
  const found: Cgroup[] = [];
  let level = ['/'];
  while (level.length > 0 && found.length < limit) {
    const next: string[] = [];
    for (const path of level) {
      const directory = statOf(root + path);
      if (!directory?.isDirectory() || found.length >= limit) continue;
      found.push({ id: directory.ino, path });
      // kernfs counts subdirectories in the link count; a leaf needs no listing (most are leaves,
      // and listing one means looking at some sixty control files). Other file systems may say 1.
      if (directory.nlink !== 2n) next.push(...children(root, path));
    }
    level = next;
  }
  return found;
}

function children(root: string, path: string): string[] {
  const parent = path === '/' ? '' : path;
  return subdirectoriesOf(root + path).map((name) => `${parent}/${name}`);
}
