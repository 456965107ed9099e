import { dirname } from 'node:path';
import { findContainer } from '../lookups/cgroup-path.ts';
import { walkCgroups } from '../lookups/cgroups.ts';
import type { Cgroups } from '../lookups/cgroups.ts';
import type { Container, Containers } from '../lookups/containers.ts';
import { unreadable } from './problem.ts';
import type { Problem } from './problem.ts';
import { createKeptFiles, field, isRead, readText } from './read.ts';
import type { Unread } from './read.ts';

export type CgroupTarget = {
  /** Inode number of its directory. */
  readonly id: number;
  /** Below the cgroup2 root. */
  readonly path: string;
  /** Whose it is; `undefined`: a service's, or above containers. */
  readonly container: Container | undefined;
};

/** Which cgroups are sampled: each container's own, and each systemd service's. */
export type CgroupTargets = {
  /** Where cgroup2 is mounted; `undefined`: nowhere. */
  readonly root: string | undefined;
  /** What cgroup2 has to give; in hybrid v1 may have `io` and `memory`. */
  readonly controllers: readonly string[];
  all(): readonly CgroupTarget[];
  /** The cgroups above them, below the root: a pod's limits hold for its containers. */
  above(): readonly CgroupTarget[];
  /** The text of a file of one of them. */
  read(path: string, file: string): string | Unread;
  /** Looks whether cgroups have come or gone; once a tick. */
  refresh(): void;
  close(): void;
};

const DIRECTORIES_MAX = 20_000;
/** Cgroups that came while as many went leave the count as it was: so often they are looked for anyway. */
const WALK_EVERY_ROUNDS = 12;
/** Who a container is may become known after its cgroup. */
const NAMING_ROUNDS = 3;
const SERVICE = /\.service$/u;

export function createTargets(cgroups: Cgroups, containers: Containers): CgroupTargets {
  const { cgroup2Path: root, controllers } = cgroups.layout;
  let targets: readonly CgroupTarget[] = [];
  let parents: readonly CgroupTarget[] = [];
  let countBefore: string | undefined;
  let rounds = 0;
  let namingRounds = 0;
  const files = createKeptFiles();

  const walk = (top: string): void => {
    const all = [...walkCgroups(top, DIRECTORIES_MAX)].map(({ id, path }) => ({
      id: Number(id),
      path,
      container: containers.ofCgroup(path),
    }));
    targets = all.filter(isTarget);
    const wanted = new Set(targets.flatMap(({ path }) => ancestors(path)));
    parents = all
      .filter(({ path }) => wanted.has(path))
      .map(({ id, path }) => ({ id, path, container: undefined }));
  };
  return {
    root,
    controllers,
    all: () => targets,
    above: () => parents,
    refresh() {
      if (root === undefined) return;
      const stat = readText(`${root}/cgroup.stat`);
      const count = isRead(stat) ? String(field(stat, 'nr_descendants')) : '';
      const isChanged = count !== countBefore;
      if (isChanged || rounds % WALK_EVERY_ROUNDS === 0) walk(root);
      if (isChanged) namingRounds = NAMING_ROUNDS;
      else if (namingRounds > 0) {
        namingRounds -= 1;
        targets = targets.map((target) => renamed(target, containers.ofCgroup(target.path)));
      }
      countBefore = count;
      rounds += 1;
      // The limits' files are read more rarely than every tick, and opened each time.
      files.tidy();
    },
    read: (path, file) => files.read(`${root ?? ''}${path}/${file}`),
    close: () => {
      files.close();
    },
  };
}

function renamed(target: CgroupTarget, container: CgroupTarget['container']): CgroupTarget {
  return container === target.container ? target : { ...target, container };
}

/** A container's own cgroup, not those it made below; a service that is in no container. */
function isTarget({ path, container }: CgroupTarget): boolean {
  if (!container) return SERVICE.test(path) && !SERVICE.test(dirname(path));
  return container.cgroupsPath === path || findContainer(path)?.path === path;
}

function ancestors(path: string): string[] {
  const above = dirname(path);
  return above === '/' ? [] : [above, ...ancestors(above)];
}

/** A file that each sampled cgroup has, when its controller is on. */
export type CgroupFile = {
  readonly name: string;
  /** `null`: it needs none. */
  readonly controller: 'io' | 'memory' | null;
};

type Found<Value> = { readonly cgroup: CgroupTarget; readonly value: Value };
type Unreadable = { readonly path: string; readonly why: Unread };

/**
 * The same file of every sampled cgroup, parsed. A cgroup that is gone meanwhile is no problem; where the
 * file is missing in all or some, that is said once.
 */
export function readTargets<Value>(
  targets: CgroupTargets,
  file: CgroupFile,
  parse: (text: string) => Value | undefined,
  cgroups = targets.all(),
): { found: Found<Value>[]; problems: Problem[] } {
  const { root } = targets;
  if (root === undefined) return { found: [], problems: [noCgroup2(file)] };
  if (file.controller !== null && !targets.controllers.includes(file.controller)) {
    return { found: [], problems: [noController(file, file.controller)] };
  }
  const found: Found<Value>[] = [];
  const unread: Unreadable[] = [];
  let readCount = 0;
  for (const cgroup of cgroups) {
    const text = targets.read(cgroup.path, file.name);
    if (!isRead(text)) {
      unread.push({ path: cgroup.path, why: text });
      continue;
    }
    readCount += 1;
    const value = parse(text);
    if (value !== undefined) found.push({ cgroup, value });
  }
  return { found, problems: problemsOf(file, root, readCount, unread) };
}

const V2_ALONE = 'boot with systemd.unified_cgroup_hierarchy=1';

function noCgroup2({ name }: CgroupFile): Problem {
  return { subject: name, state: 'missing', reason: 'cgroup2 is not mounted', fix: V2_ALONE };
}

function noController({ name }: CgroupFile, controller: string): Problem {
  const reason = `cgroup2 has no ${controller} controller here, cgroup v1 has it`;
  return { subject: name, state: 'missing', reason, fix: V2_ALONE };
}

function problemsOf(
  { name, controller }: CgroupFile,
  root: string,
  readCount: number,
  unread: readonly Unreadable[],
): Problem[] {
  // Of a cgroup that is gone every file is.
  const there = unread.filter(({ path }) => isRead(readText(`${root}${path}/cgroup.procs`)));
  const [first] = there;
  if (!first) return [];
  const fix =
    controller === null ? PSI_ON : `echo +${controller} > cgroup.subtree_control, from the root down`;
  const problem = unreadable(name, first.why, fix);
  if (controller !== null && first.why.code === 'ENOENT') {
    const off = `its ${controller} controller is off`;
    return [lacking(problem, readCount, there.length, `${first.path}: ${off}`)];
  }
  return [lacking(problem, readCount, there.length, `${first.path}: ${problem.reason}`)];
}

function lacking(problem: Problem, readCount: number, count: number, sample: string): Problem {
  const all = String(count + readCount);
  const reason = `${String(count)} of ${all} cgroups do not have it, as ${sample}`;
  return { ...problem, state: readCount === 0 ? 'missing' : 'partial', reason };
}

const PSI_ON = 'start the kernel with psi=1 on its command line';
