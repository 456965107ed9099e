import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ContainerState } from '../../../src/daemon/lookups/containers/container.ts';
import { volumesOf } from '../../../src/daemon/lookups/containers/volumes.ts';
import type { BindMount, Container } from '../../../src/daemon/lookups/containers.ts';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import { labelFile } from '../../../src/daemon/naming/labels.ts';
import { placeFile } from '../../../src/daemon/naming/places.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { containerOf } from '../lookups/container.ts';

const POD_1 = '/var/lib/kubelet/pods/0b5fc0ca-61a1-4b8e-9ed4-2d1b9f3d1f6e';
const POD_2 = '/var/lib/kubelet/pods/1c6fd1db-72b2-4c9f-8fe5-3e2c0a4e2a7f';
const SNAPSHOTS = '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots';

const nobody = containerOf({
  runtime: 'containerd',
  containerId: 'app1',
  rootfs: '/run/app1/rootfs',
  upperdir: `${SNAPSHOTS}/2/fs`,
  snapshot: '2',
});

/** A host with these mounts, `/` on 8:1 first, and links; and what a file is to a container with these binds. */
function host(lines: readonly string[], links: Readonly<Record<string, string>> = {}) {
  const roots = emptyTree();
  put(join(roots.proc, 'self/mountinfo'), ['22 1 8:1 / / rw - ext4 /dev/sda1 rw', ...lines, ''].join('\n'));
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(roots.host, path)), { recursive: true });
    symlinkSync(target, join(roots.host, path));
  }
  const mounts = createMounts(roots);
  const container = (binds: readonly BindMount[], more: Partial<ContainerState> = {}): Container => {
    const state = { ...nobody, mounts: binds, ...more };
    return { ...state, volumes: volumesOf(roots, mounts, state) };
  };
  const place = (device: string, path: string, binds: readonly BindMount[], more = {}) => {
    const [major = 0, minor = 0] = device.split(':').map(Number);
    const found = placeFile(major, minor, path, container(binds, more), mounts);
    return [found.path, found.hostPath];
  };
  return { roots, mounts, container, place };
}

describe('a file system that is mounted twice', () => {
  const [a, b] = [
    `${POD_1}/volumes/kubernetes.io~csi/pvc-17/mount`,
    `${POD_2}/volumes/kubernetes.io~csi/pvc-17/mount`,
  ];

  test('is the mount each container has of it', () => {
    const { place } = host([
      `50 22 8:32 / ${a} rw - ext4 /dev/sdc rw`,
      `51 22 8:32 / ${b} rw - ext4 /dev/sdc rw`,
    ]);
    expect(place('8:32', '/u/x', [{ destination: '/srv/1', source: a }])).toEqual(['/srv/1/u/x', `${a}/u/x`]);
    expect(place('8:32', '/u/x', [{ destination: '/srv/2', source: b }])).toEqual(['/srv/2/u/x', `${b}/u/x`]);
  });

  test.each([
    ['since kubelet 1.24', '/var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/9f8e/globalmount'],
    ['before', '/var/lib/kubelet/plugins/kubernetes.io/csi/pv/pvc-17/globalmount'],
    ['in-tree', '/var/lib/kubelet/plugins/kubernetes.io/gce-pd/mounts/pvc-17'],
  ])('is the pod’s, not where the node has staged it (%s)', (_, global) => {
    const { place } = host([
      `50 22 8:32 / ${global} rw - ext4 /dev/sdc rw`,
      `51 22 8:32 / ${a} rw - ext4 /dev/sdc rw`,
    ]);
    expect(place('8:32', '/db/wal', [{ destination: '/data', source: a }])).toEqual([
      '/data/db/wal',
      `${a}/db/wal`,
    ]);
  });

  test('of a subPath is what lies below it', () => {
    const sub = `${POD_1}/volume-subpaths/pvc-17/db/0`;
    const { place } = host([
      `50 22 8:32 / ${a} rw - ext4 /dev/sdc rw`,
      `51 22 8:32 /pg ${sub} rw - ext4 /dev/sdc rw`,
    ]);
    expect(place('8:32', '/pg/base', [{ destination: '/var/lib/pg', source: sub }])).toEqual([
      '/var/lib/pg/base',
      `${sub}/base`,
    ]);
  });

  test('of a local disk is where the container has it', () => {
    const disk = '/mnt/disks/ssd1';
    const volume = `${POD_1}/volumes/kubernetes.io~local-volume/local-pv-1`;
    const { place } = host([
      `50 22 8:32 / ${disk} rw - ext4 /dev/sdc rw`,
      `51 22 8:32 / ${volume} rw - ext4 /dev/sdc rw`,
    ]);
    expect(place('8:32', '/x', [{ destination: '/data', source: volume }])).toEqual([
      '/data/x',
      `${volume}/x`,
    ]);
    expect(place('8:32', '/x', [{ destination: '/data', source: disk }])).toEqual(['/data/x', `${disk}/x`]);
  });
});

describe('a bind whose source is a symbolic link', () => {
  test('shows where the link leads, over several links and file systems', () => {
    const { place } = host(['50 22 8:32 / /mnt/big rw - ext4 /dev/sdc rw'], {
      '/srv/current': 'releases/../releases/2',
      '/srv/releases/2': '/data/two',
      '/data': '/mnt/big/data',
    });
    const binds = [{ destination: '/app', source: '/srv/current/files' }];
    expect(place('8:32', '/data/two/files/x', binds)).toEqual(['/app/x', '/mnt/big/data/two/files/x']);
  });

  test('never leaves the host’s root, and an endless one ends', () => {
    const { place } = host([], { '/up': '../../../../../../etc', '/loop': '/loop' });
    expect(place('8:1', '/etc/x', [{ destination: '/c', source: '/up' }])).toEqual(['/c/x', '/etc/x']);
    expect(place('8:1', '/loop/x', [{ destination: '/c', source: '/loop' }])).toEqual(['/c/x', '/loop/x']);
  });

  test('is not followed on a file system that may hang', () => {
    const { place } = host(['50 22 0:51 / /net rw - nfs4 server:/ rw'], { '/net/home': '/etc' });
    expect(place('0:51', '/home/x', [{ destination: '/c', source: '/net/home' }])).toEqual([
      '/c/x',
      '/net/home/x',
    ]);
  });

  test('of containerd’s own directory is followed too', () => {
    const { place } = host(['50 22 8:32 / /mnt/big rw - ext4 /dev/sdc rw'], {
      '/var/lib/containerd': '/mnt/big/containerd',
    });
    const layer = SNAPSHOTS.replace('/var/lib/containerd', '/containerd');
    expect(place('8:32', `${layer}/2/fs/etc/conf`, [])).toEqual([
      '/etc/conf',
      `/mnt/big${layer}/2/fs/etc/conf`,
    ]);
    expect(place('8:32', `${layer}/2/work/work/#1a`, [])).toEqual([
      '(file being copied up)',
      `/mnt/big${layer}/2/work/work/#1a`,
    ]);
  });
});

test('a container that has the whole host sees its own layer as its root, the rest where it has the host', () => {
  const { place } = host(['50 22 8:32 / /data rw - ext4 /dev/sdc rw']);
  const binds = [{ destination: '/host', source: '/' }];
  expect(place('8:1', `${SNAPSHOTS}/2/fs/tmp/x`, binds)).toEqual(['/tmp/x', `${SNAPSHOTS}/2/fs/tmp/x`]);
  expect(place('8:1', `${SNAPSHOTS}/9/fs/tmp/x`, binds)).toEqual([
    `/host${SNAPSHOTS}/9/fs/tmp/x`,
    `${SNAPSHOTS}/9/fs/tmp/x`,
  ]);
  // Mounted below what it has mounted.
  expect(place('8:32', '/x', binds)).toEqual(['/host/data/x', '/data/x']);
});

describe('what the first process of a container has mounted', () => {
  const overlay = `lowerdir=${SNAPSHOTS}/1/fs,upperdir=${SNAPSHOTS}/2/fs,workdir=${SNAPSHOTS}/2/work`;
  const setUp = () => {
    const tree = host(['50 22 8:32 / /mnt/a rw - ext4 /dev/sdc rw']);
    const lines = [
      `90 80 0:77 / / rw - overlay overlay rw,${overlay}`,
      '91 90 0:78 / /proc rw - proc proc rw',
      '92 90 0:79 / /tmp rw - tmpfs tmpfs rw',
      '93 90 8:32 /pg /data rw - ext4 /dev/sdc rw',
    ];
    put(join(tree.roots.proc, '660/mountinfo'), `${lines.join('\n')}\n`);
    return tree;
  };

  test('names files of a tmpfs of its own, which are on no path of the host', () => {
    const { container, mounts } = setUp();
    const found = placeFile(0, 79, '/x', container([], { initPid: 660 }), mounts);
    expect(found).toEqual({ path: '/tmp/x', hostPath: null, role: 'mount', fsType: 'tmpfs' });
  });

  test('tells its overlay by number, whoever has the number in the host’s table', () => {
    const { place } = setUp();
    expect(place('0:77', '/etc/conf', [], { initPid: 660 })).toEqual([
      '/etc/conf',
      `${SNAPSHOTS}/2/fs/etc/conf`,
    ]);
  });

  test('is known whatever became of the source it was bound from', () => {
    const { place } = setUp();
    const binds = [{ destination: '/data', source: '/gone' }];
    expect(place('8:32', '/pg/base', binds, { initPid: 660 })).toEqual(['/data/base', '/mnt/a/pg/base']);
  });

  test('is not that of another process with its number', () => {
    const { place } = setUp();
    const other = { initPid: 660, upperdir: `${SNAPSHOTS}/7/fs` };
    expect(place('0:79', '/x', [], other)).toEqual(['/x', `${SNAPSHOTS}/7/fs/x`]);
  });
});

describe('a container that has ended', () => {
  test('keeps its layer, though the number of its overlay is another’s now', () => {
    const { place } = host([
      `55 22 0:42 / /run/app2/rootfs rw - overlay overlay rw,lowerdir=/l,upperdir=${SNAPSHOTS}/3/fs,workdir=${SNAPSHOTS}/3/work`,
    ]);
    expect(place('0:42', '/etc/conf', [])).toEqual(['/etc/conf', `${SNAPSHOTS}/2/fs/etc/conf`]);
  });
});

test('the root of a container is a directory, not an anonymous file', () => {
  const { container, mounts } = host([]);
  const label = (isDirectory: boolean) =>
    labelFile(
      { dev: 99, ino: 2, hash: 1 },
      { path: '/', fsDev: 99, isDeleted: false, isDirectory },
      container([]),
      mounts,
    );
  expect(label(true)).toMatchObject({ path: '/', hostPath: `${SNAPSHOTS}/2/fs`, state: 'known' });
  expect(label(false)).toMatchObject({ path: '(anonymous file)', hostPath: null, state: 'anonymous' });
});
