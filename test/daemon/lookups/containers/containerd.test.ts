import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listContainerd, readContainerd } from '../../../../src/daemon/lookups/containers/containerd.ts';
import type { ContainerState } from '../../../../src/daemon/lookups/containers/container.ts';
import { createMounts } from '../../../../src/daemon/lookups/mounts.ts';
import type { Roots } from '../../../../src/daemon/lookups/roots.ts';
import { emptyTree, put, recorded } from '../trees.ts';

const TASKS = '/run/containerd/io.containerd.runtime.v2.task';
const SNAPSHOTS = '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots';
const SANDBOX = '952b6cb30e3f3e8109d3520823c9859bb74947058cacd71d26b95809ec01ebf8';
const DB = 'e195f858eab6409789d87101d9bce5dc73461debfc40bca29bf04ae50fa0c792';
const UID = '3c4ad1ce-7b1e-4ad0-9a5e-5bbf0a1b2c3d';

function readAll(roots: Roots): Map<string, ContainerState> {
  const mounts = createMounts(roots);
  const read = listContainerd(roots).flatMap((state) => readContainerd(roots, mounts, state) ?? []);
  return new Map(read.map((container) => [container.containerId, container]));
}

/** A bundle called `app` in the namespace `default`. */
function readBundle(config: string, more: Record<string, string> = {}): ContainerState | undefined {
  const roots = emptyTree();
  const bundle = join(roots.run, 'containerd/io.containerd.runtime.v2.task/default/app');
  put(join(bundle, 'config.json'), config);
  for (const [name, text] of Object.entries(more)) put(join(bundle, name), text);
  return readAll(roots).get('app');
}

describe('the recorded state of containerd 1.6', () => {
  const containers = readAll(recorded('containerd-1.6'));

  test('holds four containers', () => {
    expect([...containers.keys()].sort()).toEqual([SANDBOX, 'app1', DB, 'plain'].sort());
  });

  test('a container of a pod, made through the CRI', () => {
    const sandbox = `/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${SANDBOX}`;
    expect(containers.get(DB)).toEqual({
      runtime: 'containerd',
      containerId: DB,
      name: 'db',
      pod: 'shop-6d4cf56db6-x7k2p',
      namespace: 'prod',
      podUid: UID,
      image: 'docker.io/library/busybox:1.35',
      rootfs: `${TASKS}/k8s.io/${DB}/rootfs`,
      upperdir: `${SNAPSHOTS}/6/fs`,
      snapshot: '6',
      cgroupsPath: `/kubepods/besteffort/pod${UID}/${DB}`,
      initPid: 19438,
      mounts: [
        { destination: '/etc/hostname', source: `${sandbox}/hostname` },
        { destination: '/etc/hosts', source: `${sandbox}/hosts` },
        { destination: '/etc/resolv.conf', source: `${sandbox}/resolv.conf` },
        { destination: '/dev/shm', source: sandbox.replace('/var/lib', '/run') + '/shm' },
        {
          destination: '/var/lib/db',
          source: `/var/lib/kubelet/pods/${UID}/volumes/kubernetes.io~empty-dir/data`,
        },
      ],
    });
  });

  test('the pod’s sandbox is called pause', () => {
    expect(containers.get(SANDBOX)).toMatchObject({
      name: 'pause',
      pod: 'shop-6d4cf56db6-x7k2p',
      namespace: 'prod',
      podUid: UID,
      image: null,
      snapshot: '5',
      initPid: 19378,
    });
  });

  test('a container of `ctr run --cgroup`, which has nothing but its id', () => {
    expect(containers.get('app1')).toEqual({
      runtime: 'containerd',
      containerId: 'app1',
      name: 'app1',
      pod: null,
      namespace: null,
      podUid: null,
      image: null,
      rootfs: `${TASKS}/k8s.io/app1/rootfs`,
      upperdir: `${SNAPSHOTS}/3/fs`,
      snapshot: '3',
      cgroupsPath: '/kubepods/burstable/pod123/app1',
      initPid: 19211,
      mounts: [],
    });
  });

  test('a container without a cgroup of its choice', () => {
    expect(containers.get('plain')).toMatchObject({
      name: 'plain',
      cgroupsPath: '/default/plain',
      snapshot: '4',
    });
  });
});

describe('a spec', () => {
  test('of the systemd driver says where its scope is', () => {
    const cgroupsPath = 'kubepods-burstable-pod1_2.slice:cri-containerd:app';
    expect(readBundle(JSON.stringify({ linux: { cgroupsPath } }))?.cgroupsPath).toBe(
      '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-app.scope',
    );
  });

  test('of nerdctl has the name among its annotations', () => {
    const annotations = { 'nerdctl/name': 'say "hi"\n' };
    expect(readBundle(JSON.stringify({ annotations }))?.name).toBe('say "hi"\n');
  });

  test('with nothing in it is a container all the same', () => {
    expect(readBundle('{}')).toEqual({
      runtime: 'containerd',
      containerId: 'app',
      name: 'app',
      pod: null,
      namespace: null,
      podUid: null,
      image: null,
      rootfs: `${TASKS}/default/app/rootfs`,
      upperdir: null,
      snapshot: null,
      cgroupsPath: null,
      initPid: null,
      mounts: [],
    });
  });

  test('of the wrong shape yields what can be had of it', () => {
    const spec = {
      root: { path: 7 },
      linux: ['cgroupsPath'],
      annotations: {
        'io.kubernetes.cri.container-name': 3,
        'io.kubernetes.cri.sandbox-name': 'pod',
        __proto__: null,
      },
      mounts: [null, 'x', { destination: '/a' }, { destination: '/b', source: '/s', options: ['rbind', 1] }],
    };
    expect(readBundle(JSON.stringify(spec))).toMatchObject({
      name: 'app',
      pod: 'pod',
      cgroupsPath: null,
      mounts: [{ destination: '/b', source: '/s' }],
    });
  });

  test.each([
    ['empty', ''],
    ['half written', '{"ociVersion":"1.0.2","process":{"us'],
    ['a list', '[]'],
    ['null', 'null'],
    ['binary', '\u0000\u0001\ufffd'],
    ['nested too deep to parse', '['.repeat(1_000_000)],
    ['beyond 4 MiB', `{"a":"${'x'.repeat(4 * 1024 * 1024)}"}`],
  ])('that is %s is none yet', (_, text) => {
    expect(readBundle(text)).toBeUndefined();
  });

  test('with a pid that is none is a container without a process', () => {
    expect(
      ['', 'x', '-1', '0', '12 13', '99999999999'].map(
        (pid) => readBundle('{}', { 'init.pid': pid })?.initPid,
      ),
    ).toEqual([null, null, null, null, null, null]);
    expect(readBundle('{}', { 'init.pid': '42\n' })?.initPid).toBe(42);
  });
});

describe('which directories are bundles', () => {
  test('neither Docker’s nor those being deleted, but those of k3s and k0s', () => {
    const roots = emptyTree();
    const tasks = (state: string): string => join(roots.run, state, 'io.containerd.runtime.v2.task');
    const bundles = [
      join(tasks('containerd'), 'k8s.io/a'),
      join(tasks('k3s/containerd'), 'k8s.io/b'),
      join(tasks('k0s/containerd'), 'k8s.io/c'),
    ];
    const others = [join(tasks('containerd'), 'moby/d'), join(tasks('containerd'), 'k8s.io/.a')];
    for (const bundle of [...bundles, ...others]) mkdirSync(bundle, { recursive: true });
    writeFileSync(join(tasks('containerd'), 'file'), '');
    expect(listContainerd(roots).map(({ directory }) => directory)).toEqual(bundles);
  });

  test('none where containerd is not', () => {
    expect(listContainerd(emptyTree())).toEqual([]);
  });
});

test('a container whose mount the host does not see is asked for its own root', () => {
  const roots = emptyTree();
  const bundle = join(roots.run, 'containerd/io.containerd.runtime.v2.task/default/app');
  put(join(bundle, 'config.json'), '{}');
  put(join(bundle, 'init.pid'), '7');
  put(
    join(roots.proc, '7/mountinfo'),
    '1 0 0:9 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/c/snapshots/12/fs,workdir=/c/snapshots/12/work\n2 1 0:10 / /proc rw - proc proc rw\n',
  );
  expect(readAll(roots).get('app')).toMatchObject({ upperdir: '/c/snapshots/12/fs', snapshot: '12' });
});
