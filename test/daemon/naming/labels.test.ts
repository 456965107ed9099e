import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { labelDevice, labelFile, majorOf, minorOf } from '../../../src/daemon/naming/labels.ts';
import type { Container } from '../../../src/daemon/lookups/containers.ts';
import type { ContainerState } from '../../../src/daemon/lookups/containers/container.ts';
import { volumesOf } from '../../../src/daemon/lookups/containers/volumes.ts';
import { createDevices } from '../../../src/daemon/lookups/devices.ts';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import type { NamedPath } from '../../../src/daemon/naming/names.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { containerOf } from '../lookups/container.ts';

const SNAPSHOTS = '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots';
const ROOTFS = '/run/containerd/io.containerd.runtime.v2.task/k8s.io/app1/rootfs';

/** The table of a lab guest while app1 ran, and an overlay of its own mounted on /mnt/merged. */
const roots = emptyTree();
put(
  join(roots.proc, 'self/mountinfo'),
  [
    '22 1 0:20 / / ro,relatime - virtiofs rootfs ro',
    '29 22 0:26 / /run rw,relatime - tmpfs tmpfs rw,mode=755',
    '48 22 254:0 / /data rw,relatime - ext4 /dev/vda rw',
    '49 22 254:0 /containerd /var/lib/containerd rw,relatime - ext4 /dev/vda rw',
    '51 32 253:0 / /mnt/slow rw,relatime - ext4 /dev/mapper/slow rw',
    `55 29 0:42 / ${ROOTFS} rw,relatime - overlay overlay rw,lowerdir=${SNAPSHOTS}/1/fs,upperdir=${SNAPSHOTS}/2/fs,workdir=${SNAPSHOTS}/2/work`,
    '56 22 0:43 / /mnt/merged rw,relatime - overlay overlay rw,lowerdir=/lower,upperdir=/data/upper,workdir=/data/work',
    '57 22 0:44 / /mnt/readonly ro,relatime - overlay overlay ro,lowerdir=/lower:/lower2',
    '',
  ].join('\n'),
);
put(join(roots.sys, 'dev/block/254:0/uevent'), 'MAJOR=254\nMINOR=0\nDEVNAME=vda\nDEVTYPE=disk\n');
put(join(roots.sys, 'dev/block/253:0/uevent'), 'MAJOR=253\nMINOR=0\nDEVNAME=dm-0\nDEVTYPE=disk\n');
put(join(roots.sys, 'dev/block/253:0/dm/name'), 'slow\n');
const mounts = createMounts(roots);
const devices = createDevices(roots, mounts);

/** With what it sees, as the reader of containers finds it. */
const seeing = (state: ContainerState): Container => ({ ...state, volumes: volumesOf(roots, mounts, state) });
const app1 = seeing(
  containerOf({
    runtime: 'containerd',
    containerId: 'app1',
    rootfs: ROOTFS,
    upperdir: `${SNAPSHOTS}/2/fs`,
    snapshot: '2',
    cgroupsPath: '/kubepods/burstable/pod123/app1',
    initPid: 660,
    mounts: [
      { destination: '/volume', source: '/data/volume' },
      { destination: '/volume/deep', source: '/data/volume/deep/er' },
    ],
  }),
);
/** Known from its cgroup's path alone. */
const guessed = seeing({ ...app1, rootfs: null, upperdir: null, snapshot: null, mounts: [] });

const VDA = 254 * 2 ** 20;
const OVERLAY = 42;
const file = { dev: VDA, ino: 393277, hash: 233006513 };
const named = (path: string, fsDev = VDA, isDeleted = false): NamedPath => ({
  path,
  fsDev,
  isDeleted,
  isDirectory: false,
});
const label = (name: NamedPath | undefined, container?: Container) =>
  labelFile(file, name, container, mounts);

describe('outside containers', () => {
  test('a file has its host path', () => {
    expect(label(named('/volume/file'))).toMatchObject({
      path: '/data/volume/file',
      hostPath: '/data/volume/file',
      state: 'known',
    });
  });

  test('the bind mount nearest to a file names it', () => {
    expect(label(named('/containerd/io.containerd.metadata.v1.bolt/meta.db')).path).toBe(
      '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db',
    );
  });

  test('the root of a file system is where it is mounted', () => {
    expect(label(named('/', 253 * 2 ** 20))).toMatchObject({
      path: '/mnt/slow',
      hostPath: '/mnt/slow',
      state: 'known',
    });
  });

  test('a file of a container has the path of its writable layer', () => {
    const path = `${SNAPSHOTS}/2/fs/data/file`;
    expect(
      label(named('/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/2/fs/data/file')),
    ).toMatchObject({
      path,
      hostPath: path,
      state: 'known',
    });
  });

  test('an overlay is mounted somewhere, and its files lie in its upperdir', () => {
    expect(label(named('/etc/conf', 43))).toMatchObject({
      path: '/mnt/merged/etc/conf',
      hostPath: '/data/upper/etc/conf',
      state: 'known',
    });
  });

  test('an overlay without an upperdir has no host path to give', () => {
    expect(label(named('/etc/conf', 44))).toMatchObject({
      path: '/mnt/readonly/etc/conf',
      hostPath: null,
      state: 'known',
    });
  });
});

describe('in a container', () => {
  test('a file of its overlay has the path the container sees, and lies in its upperdir', () => {
    expect(label(named('/data/file', OVERLAY), app1)).toMatchObject({
      path: '/data/file',
      hostPath: `${SNAPSHOTS}/2/fs/data/file`,
      state: 'known',
    });
  });

  test.each([
    ['whose layer is known', app1],
    ['of which only the cgroup is known', guessed],
  ])('the upper file itself, as writeback names it, is that file (%s)', (_, container) => {
    const upper = named('/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/2/fs/data/file');
    expect(label(upper, container)).toMatchObject({
      path: '/data/file',
      hostPath: `${SNAPSHOTS}/2/fs/data/file`,
      state: 'known',
    });
  });

  test('a file of a volume has its place in the container', () => {
    expect(label(named('/volume/file'), app1)).toMatchObject({
      path: '/volume/file',
      hostPath: '/data/volume/file',
      state: 'known',
    });
  });

  test('of two volumes the nearer one counts', () => {
    expect(label(named('/volume/deep/er/file'), app1)).toMatchObject({
      path: '/volume/deep/file',
      hostPath: '/data/volume/deep/er/file',
      state: 'known',
    });
  });

  test('a volume that is the file itself is its destination', () => {
    const container = seeing({ ...app1, mounts: [{ destination: '/etc/hosts', source: '/data/hosts' }] });
    expect(label(named('/hosts'), container).path).toBe('/etc/hosts');
  });

  test('a file it has no mount of keeps its host path', () => {
    expect(label(named('/volumes/file'), app1).path).toBe('/data/volumes/file');
    expect(label(named('/volume/file'), guessed).path).toBe('/data/volume/file');
  });
});

describe('after the end of a container, its overlay is mounted no more', () => {
  test('the path is known, and the layer it lay in', () => {
    expect(label(named('/data/file', 99), app1)).toMatchObject({
      path: '/data/file',
      hostPath: `${SNAPSHOTS}/2/fs/data/file`,
      state: 'known',
    });
  });

  test('but not which layer that was, when nothing else was known of the container', () => {
    expect(label(named('/data/file', 99), guessed)).toMatchObject({
      path: '/data/file',
      hostPath: null,
      state: 'known',
    });
    expect(label(named('/data/file', 99))).toMatchObject({
      path: '/data/file',
      hostPath: null,
      state: 'known',
    });
  });

  test('a disk that is mounted no more is not taken for its overlay', () => {
    expect(label(named('/data/file', 8 * 2 ** 20), app1)).toMatchObject({
      path: '/data/file',
      hostPath: null,
      state: 'known',
    });
  });
});

describe('a directory that was not told stays missing', () => {
  test.each([
    ['of an overlay in a container', OVERLAY, app1, '…/file', `${SNAPSHOTS}/2/fs/…/file`],
    ['of an overlay elsewhere', 43, undefined, '/mnt/merged/…/file', '/data/upper/…/file'],
    ['of an overlay that is gone', 99, app1, '…/file', `${SNAPSHOTS}/2/fs/…/file`],
    ['of a disk', VDA, app1, '…/file', null],
  ])('%s', (_, fsDev, container, path, hostPath) => {
    expect(label(named('…/file', fsDev), container)).toMatchObject({ path, hostPath, state: 'known' });
  });
});

test('a path found among what a process has open is the one it sees', () => {
  const seen: NamedPath = { path: '/data/db/wal', fsDev: undefined, isDeleted: false, isDirectory: false };
  expect(label(seen)).toMatchObject({ path: '/data/db/wal', hostPath: '/data/db/wal', state: 'known' });
  expect(label(seen, app1)).toMatchObject({ path: '/data/db/wal', hostPath: null, state: 'known' });
});

test('a deleted file says so after its path', () => {
  expect(label(named('/data/file', OVERLAY, true), app1)).toMatchObject({
    path: '/data/file (deleted)',
    hostPath: `${SNAPSHOTS}/2/fs/data/file`,
    state: 'deleted',
  });
});

test('a file that is its own root, mounted nowhere, is anonymous', () => {
  expect(label(named('/', 13))).toMatchObject({
    path: '(anonymous file)',
    hostPath: null,
    state: 'anonymous',
  });
  expect(label(named('/', 13), app1)).toMatchObject({
    path: '(anonymous file)',
    hostPath: null,
    state: 'anonymous',
  });
});

test('an inode without a name is told by its number', () => {
  expect(label(undefined, app1)).toMatchObject({
    path: '(inode 393277, name not known)',
    hostPath: null,
    state: 'unknown',
  });
});

test.each([
  [0, '(no file)'],
  [1, '(file system metadata)'],
  [2, '(process memory: direct I/O)'],
  [3, '(file not known)'],
  [4, '(files and processes beyond --map-memory)'],
  [5, '(not opened)'],
  [6, '(any file)'],
  [7, '(file system journal)'],
  [8, '(swap)'],
  [9, '(no file)'],
])('without an inode, code %i says why: %s', (hash, path) => {
  expect(labelFile({ dev: VDA, ino: 0, hash }, undefined, app1, mounts)).toMatchObject({
    path,
    hostPath: null,
    state: 'none',
  });
});

describe('the device of a file', () => {
  const deviceOf = (dev: number, container?: Container) => labelDevice(dev, container, devices, mounts);

  test('is the disk it lies on', () => {
    expect(deviceOf(VDA)).toEqual({ major: 254, minor: 0, name: 'vda' });
    expect(deviceOf(253 * 2 ** 20)).toEqual({ major: 253, minor: 0, name: 'slow' });
  });

  test('of an overlay is that of its upperdir', () => {
    expect(deviceOf(OVERLAY, app1)).toEqual({ major: 0, minor: 42, name: 'vda' });
    expect(deviceOf(43)).toEqual({ major: 0, minor: 43, name: 'vda' });
  });

  test('of an overlay that is gone is that of the container’s layer', () => {
    expect(deviceOf(99, app1)).toEqual({ major: 0, minor: 99, name: 'vda' });
    expect(deviceOf(99, guessed)).toEqual({ major: 0, minor: 99, name: '0:99' });
    expect(deviceOf(99)).toEqual({ major: 0, minor: 99, name: '0:99' });
  });

  test('of a disk that is gone is its number', () => {
    expect(deviceOf(8 * 2 ** 20 + 17, app1)).toEqual({ major: 8, minor: 17, name: '8:17' });
  });

  test('of no file is none', () => {
    expect(deviceOf(0, app1)).toEqual({ major: 0, minor: 0, name: '(none)' });
  });

  test('is told apart as the kernel packs it: twelve bits of major, twenty of minor', () => {
    expect([majorOf(259 * 2 ** 20 + 1_000_000), minorOf(259 * 2 ** 20 + 1_000_000)]).toEqual([
      259, 1_000_000,
    ]);
    expect([majorOf(4095 * 2 ** 20), minorOf(4095 * 2 ** 20)]).toEqual([4095, 0]);
  });
});
