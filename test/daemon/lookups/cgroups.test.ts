import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCgroups, detectCgroupLayout } from '../../../src/daemon/lookups/cgroups.ts';
import { hostRoots } from '../../../src/daemon/lookups/roots.ts';
import type { Roots } from '../../../src/daemon/lookups/roots.ts';
import { emptyTree, put } from './trees.ts';

function treeWith(...paths: string[]): { roots: Roots; idOf: (path: string) => bigint } {
  const roots = emptyTree();
  put(join(roots.cgroup, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
  for (const path of paths) put(join(roots.cgroup, path, 'cgroup.procs'), '');
  return { roots, idOf: (path) => statSync(roots.cgroup + path, { bigint: true }).ino };
}

function clock(): { now: () => number; advance: (ms: number) => void } {
  let time = 0;
  return {
    now: () => time,
    advance(ms) {
      time += ms;
    },
  };
}

describe('the layout', () => {
  test('is v2 where the root has cgroup.controllers', () => {
    const { roots } = treeWith();
    expect(detectCgroupLayout(roots)).toEqual({
      layout: 'v2',
      cgroup2Path: roots.cgroup,
      controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'],
    });
  });

  test('is hybrid where unified lies beside v1 hierarchies, which have the controllers', () => {
    const roots = emptyTree();
    put(join(roots.cgroup, 'memory/cgroup.procs'), '');
    put(join(roots.cgroup, 'unified/cgroup.controllers'), '\n');
    expect(detectCgroupLayout(roots)).toEqual({
      layout: 'hybrid',
      cgroup2Path: join(roots.cgroup, 'unified'),
      controllers: [],
    });
  });

  test('is v1 where there is no cgroup2, and none where there is nothing', () => {
    const roots = emptyTree();
    expect(detectCgroupLayout(roots)).toEqual({ layout: 'none', controllers: [] });
    put(join(roots.cgroup, 'memory/cgroup.procs'), '');
    expect(detectCgroupLayout(roots)).toEqual({ layout: 'v1', controllers: [] });
    expect(createCgroups(roots).pathOf(1)).toBeUndefined();
  });
});

describe('names', () => {
  test('come from the tree, the root being /', () => {
    const { roots, idOf } = treeWith('/kubepods/burstable/pod1/app', '/system.slice/a b.service');
    const cgroups = createCgroups(roots);
    const paths = ['/', '/kubepods', '/kubepods/burstable/pod1/app', '/system.slice/a b.service'];
    expect(paths.map((path) => cgroups.pathOf(idOf(path)))).toEqual(paths);
    expect(cgroups.pathOf(Number(idOf('/kubepods')))).toBe('/kubepods');
  });

  test('survive the cgroup', () => {
    const { roots, idOf } = treeWith();
    const cgroups = createCgroups(roots);
    mkdirSync(join(roots.cgroup, 'brief'));
    const id = idOf('/brief');
    cgroups.pathOf(id);
    rmdirSync(join(roots.cgroup, 'brief'));
    expect(cgroups.pathOf(id)).toBe('/brief');
  });

  test('are learnt at birth, for a cgroup that never was in the tree when we looked', () => {
    const { roots } = treeWith();
    const cgroups = createCgroups(roots);
    cgroups.learn(987_654_321n, '/kubepods/pod1/brief');
    cgroups.learn(987_654_322, 'without/slash');
    expect([cgroups.pathOf(987_654_321), cgroups.pathOf(987_654_322n)]).toEqual([
      '/kubepods/pod1/brief',
      '/without/slash',
    ]);
  });

  test('learnt cut short give way to what the tree says', () => {
    const time = clock();
    const { roots, idOf } = treeWith('/kubepods/burstable');
    const cgroups = createCgroups(roots, { now: time.now });
    cgroups.learn(idOf('/kubepods/burstable'), '/kubepods/burst');
    cgroups.pathOf(424_242n);
    cgroups.learn(idOf('/kubepods/burstable'), '/kubepods/burst');
    expect(cgroups.pathOf(idOf('/kubepods/burstable'))).toBe('/kubepods/burstable');
  });

  test('are found at most once a second, and not looked for again once known to be gone', () => {
    const time = clock();
    const { roots, idOf } = treeWith();
    const cgroups = createCgroups(roots, { now: time.now });
    expect(cgroups.pathOf(11n)).toBeUndefined();
    mkdirSync(join(roots.cgroup, 'late'));
    time.advance(999);
    expect(cgroups.pathOf(idOf('/late'))).toBeUndefined();
    time.advance(1);
    expect(cgroups.pathOf(11n)).toBeUndefined();
    expect(cgroups.pathOf(idOf('/late'))).toBe('/late');
  });

  test('are kept up to a limit, the least recently used going first', () => {
    const roots = emptyTree();
    const cgroups = createCgroups(roots, { keep: 3 });
    for (const id of [1, 2, 3]) cgroups.learn(id, `/${String(id)}`);
    cgroups.pathOf(1);
    cgroups.learn(4, '/4');
    expect([1, 2, 3, 4].map((id) => cgroups.pathOf(id))).toEqual(['/1', undefined, '/3', '/4']);
  });

  test('of a tree beyond the limit are known nearest to the root first', () => {
    const { roots, idOf } = treeWith('/a/deep/er', '/b');
    const cgroups = createCgroups(roots, { directoriesPerScan: 3 });
    const [a, b, deep] = ['/a', '/b', '/a/deep'].map((path) => cgroups.pathOf(idOf(path)));
    expect([a, b, deep]).toEqual(['/a', '/b', undefined]);
  });

  test('are not found for numbers that are no id', () => {
    const { roots } = treeWith();
    const cgroups = createCgroups(roots);
    cgroups.learn(Number.NaN, '/x');
    expect([Number.NaN, 2 ** 60, -1, 1.5].map((id) => cgroups.pathOf(id))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('of other directories are found though one is unreadable', () => {
    const { roots, idOf } = treeWith('/closed/inner', '/open/inner');
    const closed = join(roots.cgroup, 'closed');
    const ids = ['/closed', '/closed/inner', '/open/inner'].map(idOf);
    chmodSync(closed, 0);
    onTestFinished(() => {
      chmodSync(closed, 0o755);
    });
    const found = ids.map((id) => createCgroups(roots).pathOf(id));
    // Root reads it all the same.
    const inner = process.getuid?.() === 0 ? '/closed/inner' : undefined;
    expect(found).toEqual(['/closed', inner, '/open/inner']);
  });
});

describe('this machine', () => {
  const { layout, cgroup2Path } = detectCgroupLayout(hostRoots);
  const writable = cgroup2Path !== undefined && canWrite(cgroup2Path);

  test.runIf(cgroup2Path)('has a layout that agrees with its mounts', () => {
    const mounted = execFileSync('findmnt', ['-rno', 'TARGET', '-t', 'cgroup2'], { encoding: 'utf8' });
    expect(mounted.split('\n')).toContain(cgroup2Path);
    expect(layout).toBe(existsSync('/sys/fs/cgroup/unified') ? 'hybrid' : 'v2');
  });

  test.runIf(writable)('gives a new cgroup its inode number for an id, known after its removal', () => {
    const parent = join(cgroup2Path ?? '', `iotrace-test-${String(process.pid)}`);
    const child = join(parent, 'pod 1');
    mkdirSync(child, { recursive: true });
    const id = statSync(child, { bigint: true }).ino;
    const cgroups = createCgroups(hostRoots);
    try {
      expect(cgroups.pathOf(id)).toBe(`/iotrace-test-${String(process.pid)}/pod 1`);
      expect(cgroups.pathOf(1)).toBe('/');
    } finally {
      rmdirSync(child);
      rmdirSync(parent);
    }
    expect(cgroups.pathOf(id)).toBe(`/iotrace-test-${String(process.pid)}/pod 1`);
  });
});

function canWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
