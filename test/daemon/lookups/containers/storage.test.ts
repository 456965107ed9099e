import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ContainerState } from '../../../../src/daemon/lookups/containers/container.ts';
import { parseStorageIndex } from '../../../../src/daemon/lookups/containers/podman.ts';
import { listStorage, readStorage } from '../../../../src/daemon/lookups/containers/storage.ts';
import { createMounts } from '../../../../src/daemon/lookups/mounts.ts';
import type { Roots } from '../../../../src/daemon/lookups/roots.ts';
import { emptyTree, put, recorded } from '../trees.ts';

const WEB = '232749b998a5e4042723edea2252b88e46113760af02c6babb319168835c88f1';
const GONE = '84aa694b7b174ae13d9d7fbf6f42cefcdeb135b285b0dfa343c007bb9d1f82d4';
const ID = '1'.repeat(64);
const UID = '3c4ad1ce-7b1e-4ad0-9a5e-5bbf0a1b2c3d';
const CONTAINERS = 'containers/storage/overlay-containers';

function readAll(roots: Roots): Map<string, ContainerState> {
  const mounts = createMounts(roots);
  const read = listStorage(roots).flatMap((state) => readStorage(roots, mounts, state) ?? []);
  return new Map(read.map((container) => [container.containerId, container]));
}

describe('the recorded state of Podman 4.3', () => {
  const containers = readAll(recorded('podman-4.3'));

  test('a container of `podman run --name web`', () => {
    const layer =
      '/var/lib/containers/storage/overlay/a5bf6e1cfc32d3e8481782f8c564e194fe4b2f454fdfdb39593e90fd04d81557';
    expect(containers.get(WEB)).toMatchObject({
      runtime: 'podman',
      containerId: WEB,
      name: 'web',
      pod: null,
      namespace: null,
      podUid: null,
      image: 'docker.io/library/busybox:1.35',
      rootfs: `${layer}/merged`,
      upperdir: `${layer}/diff`,
      snapshot: null,
      cgroupsPath: `/libpod_parent/libpod-${WEB}`,
      initPid: 32086,
    });
    expect(containers.get(WEB)?.mounts[0]).toEqual({ destination: '/srv', source: '/srv' });
  });

  test('a container of `podman run --rm`', () => {
    expect(containers.get(GONE)).toMatchObject({ name: 'gone', initPid: 32168 });
    expect(containers.size).toBe(2);
  });
});

describe('the index', () => {
  test('of garbage is empty, and what can be read of an entry is', () => {
    expect(['', '{}', 'null', '[null, 1, {}]'].map((text) => parseStorageIndex(text).size)).toEqual([
      0, 0, 0, 0,
    ]);
    const text = JSON.stringify([{ id: 'a', names: [1, 'n'], metadata: '{"image-name":' }, { id: 'b' }]);
    expect([...parseStorageIndex(text)]).toEqual([
      ['a', { name: 'n' }],
      ['b', {}],
    ]);
  });

  test('of volatile containers is read as well', () => {
    const roots = emptyTree();
    put(join(roots.varLib, CONTAINERS, ID, 'userdata/config.json'), '{}');
    put(
      join(roots.varLib, CONTAINERS, 'volatile-containers.json'),
      JSON.stringify([{ id: ID, names: ['brief'] }]),
    );
    expect(readAll(roots).get(ID)?.name).toBe('brief');
  });

  test('that lacks a container leaves it its short id', () => {
    const roots = emptyTree();
    put(join(roots.varLib, CONTAINERS, ID, 'userdata/config.json'), '{}');
    expect(readAll(roots).get(ID)).toMatchObject({ runtime: 'podman', name: ID.slice(0, 12), rootfs: null });
  });
});

/** Made up; keys and shapes as cri-o writes them (pkg/annotations, transcripts of `crictl inspect`). */
describe('CRI-O', () => {
  function readSpec(annotations: Record<string, string>): ContainerState | undefined {
    const roots = emptyTree();
    const spec = {
      root: { path: '/var/lib/containers/storage/overlay/abc/merged' },
      linux: { cgroupsPath: `kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice:crio:${ID}` },
      annotations: {
        'io.container.manager': 'cri-o',
        'io.kubernetes.pod.name': 'shop-0',
        'io.kubernetes.pod.namespace': 'prod',
        'io.kubernetes.pod.uid': UID,
        ...annotations,
      },
    };
    put(join(roots.run, CONTAINERS, ID, 'userdata/config.json'), JSON.stringify(spec));
    put(join(roots.run, CONTAINERS, ID, 'userdata/pidfile'), '77');
    put(
      join(roots.proc, 'self/mountinfo'),
      '1 0 0:9 / /var/lib/containers/storage/overlay/abc/merged rw - overlay overlay rw,lowerdir=l/A,upperdir=abc/diff,workdir=abc/work\n',
    );
    return readAll(roots).get(ID);
  }

  test('a container of a pod', () => {
    expect(
      readSpec({
        'io.kubernetes.container.name': 'db',
        'io.kubernetes.cri-o.ContainerType': 'container',
        'io.kubernetes.cri-o.ImageName': 'quay.io/shop/db:9',
        'io.kubernetes.cri-o.Image': '0badcafe',
      }),
    ).toEqual({
      runtime: 'cri-o',
      containerId: ID,
      name: 'db',
      pod: 'shop-0',
      namespace: 'prod',
      podUid: UID,
      image: 'quay.io/shop/db:9',
      rootfs: '/var/lib/containers/storage/overlay/abc/merged',
      upperdir: '/var/lib/containers/storage/overlay/abc/diff',
      snapshot: null,
      cgroupsPath: `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice/crio-${ID}.scope`,
      initPid: 77,
      mounts: [],
    });
  });

  test('the pod’s sandbox is called pause', () => {
    expect(
      readSpec({ 'io.kubernetes.container.name': 'POD', 'io.kubernetes.cri-o.ContainerType': 'sandbox' })
        ?.name,
    ).toBe('pause');
  });

  test('a container without the kubelet’s labels has the name CRI-O was given', () => {
    expect(readSpec({ 'io.kubernetes.cri-o.Metadata': '{"name":"redis"}' })?.name).toBe('redis');
    expect(readSpec({ 'io.kubernetes.cri-o.Metadata': '{"name":' })?.name).toBe(ID.slice(0, 12));
  });

  test('an older one does not name itself, but Podman does', () => {
    const type = { 'io.kubernetes.cri-o.ContainerType': 'container' };
    expect(readSpec({ ...type, 'io.container.manager': '' })?.runtime).toBe('cri-o');
    expect(readSpec({ ...type, 'io.container.manager': 'libpod' })?.runtime).toBe('podman');
  });
});

test('nothing is listed where neither is installed', () => {
  expect(listStorage(emptyTree())).toEqual([]);
});
