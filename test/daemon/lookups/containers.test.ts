import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createContainers } from '../../../src/daemon/lookups/containers.ts';
import type { Container, Containers } from '../../../src/daemon/lookups/containers.ts';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import type { Roots } from '../../../src/daemon/lookups/roots.ts';
import { emptyTree, put, recorded } from './trees.ts';

const DB = 'e195f858eab6409789d87101d9bce5dc73461debfc40bca29bf04ae50fa0c792';
const ID = '9'.repeat(64);
const TASKS = '/run/containerd/io.containerd.runtime.v2.task';

interface World {
  readonly roots: Roots;
  readonly containers: Containers;
  readonly advance: (ms: number) => void;
  readonly bundle: (id: string, config: object) => string;
}

/** A tree without containers, and a clock that stands still. */
function world(keep?: number): World {
  const roots = emptyTree();
  let time = 0;
  const limits = { now: () => time, ...(keep !== undefined && { keep }) };
  return {
    roots,
    containers: createContainers(roots, createMounts(roots), limits),
    advance(ms) {
      time += ms;
    },
    bundle(id, config) {
      const directory = join(roots.run, 'containerd/io.containerd.runtime.v2.task/k8s.io', id);
      put(join(directory, 'config.json'), JSON.stringify(config));
      return directory;
    },
  };
}

function mountTable(roots: Roots, ...snapshots: [id: string, snapshot: number][]): void {
  const lines = snapshots.map(
    ([id, n]) =>
      `${String(n)} 1 0:${String(40 + n)} / ${TASKS}/k8s.io/${id}/rootfs rw - overlay overlay rw,lowerdir=/s/1/fs,upperdir=/c/snapshots/${String(n)}/fs,workdir=/w\n`,
  );
  put(join(roots.proc, 'self/mountinfo'), lines.join(''));
}

const inCgroup = (cgroupsPath: string): object => ({ linux: { cgroupsPath } });

describe('the recorded states', () => {
  test.each(['containerd-1.6', 'docker-20.10', 'podman-4.3'] as const)(
    '%s: every cgroup seen is that of a container we know by name',
    (name) => {
      const roots = recorded(name);
      const containers = createContainers(roots, createMounts(roots));
      const cgroups = readFileSync(join(roots.proc, '../cgroups.txt'), 'utf8').matchAll(/^0::(.+)$/gmu);
      const names = [...cgroups].map(([, path = '']) => containers.ofCgroup(path)?.name).sort();
      expect(names).toEqual(
        {
          'containerd-1.6': ['app1', 'db', 'pause', 'plain'],
          'docker-20.10': ['db', 'web'],
          'podman-4.3': ['gone', 'web'],
        }[name],
      );
    },
  );

  test('containers are found by cgroup, by a cgroup of their own making, and by root file system', () => {
    const roots = recorded('containerd-1.6');
    const containers = createContainers(roots, createMounts(roots));
    const app1 = containers.ofCgroup('/kubepods/burstable/pod123/app1');
    expect(app1?.snapshot).toBe('3');
    expect(containers.ofCgroup('/kubepods/burstable/pod123/app1/init/x.service')).toBe(app1);
    expect(containers.ofRootfs(`${TASKS}/k8s.io/app1/rootfs`)).toBe(app1);
    expect(containers.ofRootfs('/')).toBeUndefined();
  });

  test('a container is found by its id where its cgroup is another than its spec says', () => {
    const roots = recorded('containerd-1.6');
    const containers = createContainers(roots, createMounts(roots));
    expect(containers.ofCgroup(`/elsewhere/cri-containerd-${DB}.scope`)?.name).toBe('db');
  });
});

describe('a cgroup that is no container’s', () => {
  test('is answered with nothing', () => {
    const { containers } = world();
    expect(
      ['/', '', '/system.slice/sshd.service', '/kubepods/pod1'].map((path) => containers.ofCgroup(path)),
    ).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('is not that of a container in the root cgroup', () => {
    const { containers, bundle } = world();
    bundle('odd', inCgroup('/'));
    expect(containers.ofCgroup('/system.slice')).toBeUndefined();
    expect(containers.all().map(({ name }) => name)).toEqual(['odd']);
  });
});

describe('a container whose state is not to be read', () => {
  const nothing = {
    pod: null,
    namespace: null,
    image: null,
    rootfs: null,
    upperdir: null,
    snapshot: null,
    initPid: null,
    mounts: [],
    volumes: [],
  };

  test('is known by the path of its cgroup', () => {
    const { containers } = world();
    expect(containers.ofCgroup(`/kubepods/burstable/pod77/${ID}/sub`)).toEqual({
      ...nothing,
      runtime: null,
      containerId: ID,
      name: '999999999999',
      podUid: '77',
      cgroupsPath: `/kubepods/burstable/pod77/${ID}`,
    });
    expect(containers.ofCgroup('/default/app')).toEqual({
      ...nothing,
      runtime: 'containerd',
      containerId: 'app',
      name: 'app',
      podUid: null,
      cgroupsPath: '/default/app',
    });
    expect(containers.all()).toEqual([]);
  });

  test('is not taken for another of the same name in another pod', () => {
    const { containers, bundle } = world();
    bundle('app1', inCgroup('/kubepods/burstable/pod123/app1'));
    expect(containers.ofCgroup('/kubepods/burstable/pod9/app1')).toMatchObject({ podUid: '9', rootfs: null });
  });

  test('inside a container we know is the innermost', () => {
    const { containers, bundle } = world();
    bundle('node', inCgroup('/docker/node'));
    const kubelet = '/docker/node/kubelet/kubepods/besteffort/pod5';
    expect(containers.ofCgroup(kubelet)?.name).toBe('node');
    expect(containers.ofCgroup(`${kubelet}/${ID}`)).toMatchObject({ name: '999999999999', podUid: '5' });
  });
});

describe('looking for a container', () => {
  test('happens at most every 200 ms, and for one path once a second', () => {
    const { containers, bundle, advance } = world();
    expect(containers.ofCgroup('/group/a')).toBeUndefined();
    bundle('a', inCgroup('/group/a'));
    bundle('b', inCgroup('/group/b'));
    advance(199);
    expect(containers.ofCgroup('/group/b')).toBeUndefined();
    advance(1);
    expect(containers.ofCgroup('/group/c')).toBeUndefined();
    // Found by the way, and known at once for every path.
    expect([containers.ofCgroup('/group/a')?.name, containers.ofCgroup('/group/b')?.name]).toEqual([
      'a',
      'b',
    ]);
  });

  test('that failed is repeated after a second', () => {
    const { containers, bundle, advance } = world();
    containers.ofCgroup('/group/a');
    advance(500);
    bundle('a', inCgroup('/group/a'));
    expect(containers.ofCgroup('/group/a')).toBeUndefined();
    advance(500);
    expect(containers.ofCgroup('/group/a')?.name).toBe('a');
  });

  test('can be forced', () => {
    const { containers, bundle } = world();
    containers.ofCgroup('/group/a');
    bundle('a', inCgroup('/group/a'));
    containers.rescan();
    expect(containers.ofCgroup('/group/a')?.name).toBe('a');
  });

  test('reads a spec that was half written before', () => {
    const { roots, containers, bundle, advance } = world();
    put(join(roots.run, 'containerd/io.containerd.runtime.v2.task/k8s.io/a/config.json'), '{"linux":');
    containers.ofCgroup('/group/a');
    bundle('a', inCgroup('/group/a'));
    advance(1000);
    expect(containers.ofCgroup('/group/a')?.name).toBe('a');
  });
});

describe('a container once known', () => {
  test('stays known with its layer when its state and its mount are gone', () => {
    const { roots, containers, bundle, advance } = world();
    const directory = bundle('a', inCgroup('/group/a'));
    mountTable(roots, ['a', 3]);
    expect(containers.ofCgroup('/group/a')?.snapshot).toBe('3');
    mountTable(roots);
    advance(1000);
    containers.rescan();
    expect(containers.ofCgroup('/group/a')?.snapshot).toBe('3');
    rmSync(directory, { recursive: true });
    advance(1000);
    containers.rescan();
    expect(containers.ofCgroup('/group/a')?.snapshot).toBe('3');
  });

  test('is replaced by the next one of its name, whose layer is not that of the first', () => {
    const { roots, containers, bundle } = world();
    bundle('a', { ...inCgroup('/group/a'), annotations: { 'nerdctl/name': 'first' } });
    mountTable(roots, ['a', 3]);
    containers.rescan();
    rmSync(join(roots.run, 'containerd'), { recursive: true });
    bundle('a', { ...inCgroup('/group/a'), annotations: { 'nerdctl/name': 'second' } });
    mountTable(roots);
    containers.rescan();
    expect(containers.ofCgroup('/group/a')).toMatchObject({ name: 'second', snapshot: null });
    mountTable(roots, ['a', 4]);
    containers.rescan();
    expect(containers.ofCgroup('/group/a')).toMatchObject({ name: 'second', snapshot: '4' });
    expect(containers.all()).toHaveLength(1);
  });

  test('is forgotten when too many others were asked for since', () => {
    const { roots, containers, bundle } = world(2);
    bundle('a', inCgroup('/group/a'));
    bundle('b', inCgroup('/group/b'));
    containers.rescan();
    rmSync(join(roots.run, 'containerd'), { recursive: true });
    containers.ofCgroup('/group/a');
    bundle('c', inCgroup('/group/c'));
    containers.rescan();
    expect(['a', 'b', 'c'].map((name) => containers.ofCgroup(`/group/${name}`)?.name)).toEqual([
      'a',
      undefined,
      'c',
    ]);
  });
});

describe('watching', () => {
  function watching(given: World): { seen: Container[]; close: () => void } {
    const seen: Container[] = [];
    const following = given.containers.watch((container) => seen.push(container));
    onTestFinished(() => {
      following.close();
    });
    return { seen, close: following.close };
  }

  test('tells of the containers that are there', () => {
    const given = world();
    given.bundle('a', inCgroup('/group/a'));
    expect(watching(given).seen.map(({ name }) => name)).toEqual(['a']);
  });

  test('reads a container as it appears, although no runtime was there before', async () => {
    const given = world();
    mkdirSync(given.roots.run, { recursive: true });
    const { seen } = watching(given);
    given.bundle('a', inCgroup('/group/a'));
    await soon(() => {
      expect(seen.map(({ name }) => name)).toEqual(['a']);
    });
    expect(given.containers.ofCgroup('/group/a')).toBe(seen[0]);
  });

  test('looks again until mount and process are there, telling each time it knows more', async () => {
    const given = world();
    mkdirSync(given.roots.run, { recursive: true });
    const { seen } = watching(given);
    const directory = join(given.roots.run, 'containerd/io.containerd.runtime.v2.task/k8s.io/a');
    mkdirSync(directory, { recursive: true });
    await sleep(5);
    given.bundle('a', inCgroup('/group/a'));
    await soon(() => {
      expect(seen).toHaveLength(1);
    });
    mountTable(given.roots, ['a', 7]);
    put(join(directory, 'init.pid'), '42');
    await soon(() => {
      expect(seen.at(-1)).toMatchObject({ snapshot: '7', initPid: 42 });
    });
    await sleep(300);
    expect(seen.map(({ snapshot }) => snapshot)).toEqual([null, '7']);
  });

  test('knows a container that lived 50 ms, and not by the name it is deleted under', async () => {
    const given = world();
    mkdirSync(given.roots.run, { recursive: true });
    const { seen } = watching(given);
    mountTable(given.roots, ['a', 7]);
    const directory = given.bundle('a', inCgroup('/group/a'));
    await sleep(50);
    renameSync(directory, join(directory, '../.a'));
    await sleep(5);
    rmSync(join(directory, '../.a'), { recursive: true });
    await sleep(50);
    expect(seen.map(({ name, snapshot }) => [name, snapshot])).toEqual([['a', '7']]);
    expect(given.containers.ofCgroup('/group/a')?.snapshot).toBe('7');
  });

  test('sees Docker’s and Podman’s containers appear as well', async () => {
    const given = world();
    for (const root of [given.roots.run, given.roots.varLib]) mkdirSync(root, { recursive: true });
    const { seen } = watching(given);
    for (const name of ['docker-20.10', 'podman-4.3'] as const) {
      cpSync(recorded(name).varLib, given.roots.varLib, { recursive: true });
      cpSync(recorded(name).run, given.roots.run, { recursive: true });
    }
    await soon(() => {
      const names = seen.map(({ runtime, name }) => `${runtime ?? ''} ${name}`);
      expect([...new Set(names)].sort()).toEqual(['docker db', 'docker web', 'podman gone', 'podman web']);
    });
  });

  test('ends with close', async () => {
    const given = world();
    mkdirSync(given.roots.run, { recursive: true });
    const { seen, close } = watching(given);
    close();
    given.bundle('a', inCgroup('/group/a'));
    await sleep(30);
    given.containers.rescan();
    expect([seen, given.containers.ofCgroup('/group/a')?.name]).toEqual([[], 'a']);
  });

  test('does not keep the process alive', () => {
    const given = world();
    given.bundle('incomplete, so that there is a timer as well', inCgroup('/group/a'));
    const before = process.getActiveResourcesInfo();
    watching(given);
    expect(process.getActiveResourcesInfo().sort()).toEqual(before.sort());
    const control = watch(given.roots.run);
    expect(process.getActiveResourcesInfo()).toContain('FSEventWrap');
    control.close();
  });
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function soon(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 5000 });
}

test('state on a file system that may never answer is not read', () => {
  const roots = emptyTree();
  const id = 'a'.repeat(64);
  put(join(roots.varLib, 'docker/containers', id, 'config.v2.json'), JSON.stringify({ Name: '/web' }));
  const nameWith = (fsType: string): string | undefined => {
    put(
      join(roots.proc, 'self/mountinfo'),
      `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n50 22 0:51 / /var/lib/docker rw - ${fsType} x rw\n`,
    );
    return createContainers(roots, createMounts(roots)).ofCgroup(`/docker/${id}`)?.name;
  };
  put(
    join(roots.run, `docker/containerd/daemon/io.containerd.runtime.v2.task/moby/${id}/config.json`),
    JSON.stringify({ linux: { cgroupsPath: `/docker/${id}` } }),
  );
  expect([nameWith('xfs'), nameWith('nfs4')]).toEqual(['web', 'aaaaaaaaaaaa']);
});
