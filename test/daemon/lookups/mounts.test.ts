import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import { hostRoots } from '../../../src/daemon/lookups/roots.ts';
import { emptyTree, put, recorded } from './trees.ts';

const SNAPSHOTS = '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots';
const APP1 = '/run/containerd/io.containerd.runtime.v2.task/k8s.io/app1/rootfs';

describe('the recorded table of containerd 1.6', () => {
  const mounts = createMounts(recorded('containerd-1.6'));

  test('finds a container’s overlay by device and by mount point', () => {
    expect(mounts.byDevice(0, 43).map(({ mountPoint }) => mountPoint)).toEqual([APP1]);
    expect([mounts.at(APP1)?.id, mounts.at('/nowhere')]).toEqual([75, undefined]);
  });

  test('turns a path in the upperdir into one in the container', () => {
    const found = mounts.overlayUnder(`${SNAPSHOTS}/3/fs/etc/conf`);
    expect([found?.mount.mountPoint, found?.path]).toEqual([APP1, '/etc/conf']);
    expect(mounts.overlayUnder(`${SNAPSHOTS}/3/fs`)?.path).toBe('/');
  });

  test('knows that lower layers, work directories and neighbours are not the container’s', () => {
    const paths = ['1/fs/etc/conf', '3/work/x', '33/fs/x', '3'].map((path) => `${SNAPSHOTS}/${path}`);
    expect(paths.map((path) => mounts.overlayUnder(path))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(mounts.overlayUnder('/')).toBeUndefined();
  });

  test('finds the disk below a path, and the host path of a file on it', () => {
    expect(mounts.holding(`${SNAPSHOTS}/3/fs`)?.source).toBe('/dev/loop0');
    expect(mounts.hostPath(7, 0, '/io.containerd.metadata.v1.bolt/meta.db')).toBe(
      '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db',
    );
    expect(mounts.hostPath(9, 9, '/x')).toBeUndefined();
  });
});

test('answers from memory until it is refreshed', () => {
  const roots = emptyTree();
  const file = join(roots.proc, 'self/mountinfo');
  put(file, '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n');
  const mounts = createMounts(roots);
  put(file, '1 0 8:2 / / rw - ext4 /dev/sda2 rw\n');
  expect([mounts.generation(), mounts.all()[0]?.minor, mounts.byDevice(8, 2)]).toEqual([1, 1, []]);
  mounts.refresh();
  expect([mounts.generation(), mounts.all()[0]?.minor, mounts.byDevice(8, 1)]).toEqual([2, 2, []]);
});

test('is empty without a table, and after the table vanished', () => {
  const roots = emptyTree();
  expect(createMounts(roots).all()).toEqual([]);
  put(join(roots.proc, 'self/mountinfo'), '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n');
  const mounts = createMounts(roots);
  rmSync(join(roots.proc, 'self/mountinfo'));
  mounts.refresh();
  expect(mounts.all()).toEqual([]);
});

test('takes the root of an overlay, not a bind mount of a directory in it', () => {
  const roots = emptyTree();
  put(
    join(roots.proc, '1/mountinfo'),
    [
      '1 0 0:9 /etc /bind rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w',
      '2 0 0:9 / /merged rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w',
      '',
    ].join('\n'),
  );
  expect(createMounts(roots, '1').overlayUnder('/u/f')?.mount.mountPoint).toBe('/merged');
});

test('reads this machine’s own table whole', () => {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  expect(createMounts(hostRoots).all()).toHaveLength(lines.length);
});

test('a path lies on the mount nearest above it, of two at one place on the later', () => {
  const roots = emptyTree();
  const lines = [
    '1 0 8:1 / / rw - ext4 /dev/sda1 rw',
    '2 1 8:2 / /var rw - ext4 /dev/sda2 rw',
    '3 2 8:3 / /var rw - ext4 /dev/sda3 rw',
  ];
  put(join(roots.proc, 'self/mountinfo'), `${lines.join('\n')}\n`);
  const mounts = createMounts(roots);
  expect(['/etc/x', '/var/x', '/variant', '/var'].map((path) => mounts.holding(path)?.id)).toEqual([
    1, 3, 1, 3,
  ]);
});
