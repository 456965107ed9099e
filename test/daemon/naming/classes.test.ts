import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createClasses, isWrite } from '../../../src/daemon/naming/classes.ts';
import type { Labelled } from '../../../src/daemon/naming/labels.ts';
import type { Container } from '../../../src/daemon/lookups/containers.ts';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import { operations } from '../../../src/schema/probes/index.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { containerOf } from '../lookups/container.ts';

const SNAPSHOTS = join(
  mkdtempSync(join(tmpdir(), 'iotrace-classes-')),
  'io.containerd.snapshotter.v1.overlayfs/snapshots',
);
const UPPER = join(SNAPSHOTS, '2/fs');
mkdirSync(UPPER, { recursive: true });
writeFileSync(join(UPPER, 'written'), '');
afterAll(() => {
  rmSync(join(SNAPSHOTS, '../..'), { recursive: true });
});

const roots = emptyTree();
const overlay = `55 29 0:42 / /run/app1/rootfs rw - overlay overlay rw,lowerdir=${SNAPSHOTS}/1/fs,upperdir=${UPPER},workdir=${SNAPSHOTS}/2/work`;
const others = [
  '22 1 8:1 / / rw - ext4 /dev/sda1 rw',
  '48 22 254:0 / /data rw - ext4 /dev/vda rw',
  '49 22 0:51 / /mnt/share rw - nfs4 server:/share rw',
];
const mountTable = (lines: readonly string[]): void => {
  put(join(roots.proc, 'self/mountinfo'), `${lines.join('\n')}\n`);
};
mountTable([...others, overlay]);

const app1: Container = {
  ...containerOf({
    runtime: 'containerd',
    containerId: 'app1',
    rootfs: '/run/app1/rootfs',
    upperdir: UPPER,
    snapshot: '2',
    mounts: [{ destination: '/volume', source: '/data/volume' }],
  }),
  volumes: [],
};
const label = (path: string, hostPath: string | null = path, more: Partial<Labelled> = {}): Labelled => ({
  path,
  hostPath,
  state: 'known',
  isDirectory: false,
  role: null,
  fsType: 'ext4',
  ...more,
});

const setUp = () => {
  const mounts = createMounts(roots);
  const classes = createClasses(mounts);
  return {
    mounts,
    placeOf: (file: Labelled, container: Container | undefined, isWritten = true) =>
      classes.of(file, container, isWritten).place,
    classOf: (file: Labelled, container: Container | undefined) => classes.of(file, container, true).class,
    hostPathOf: (file: Labelled, isWritten: boolean) => classes.of(file, app1, isWritten).hostPath,
  };
};

describe('a file named through an overlay', () => {
  const inUpper = (path: string) => label(path, join(UPPER, path), { role: 'layer', fsType: 'overlay' });

  test('lies in the writable layer when it is written', () => {
    const { placeOf } = setUp();
    expect(placeOf(inUpper('/new'), app1, true)).toBe('writable_layer');
  });

  test('lies where it is found when it is only read', () => {
    const { placeOf } = setUp();
    expect(placeOf(inUpper('/written'), app1, false)).toBe('writable_layer');
    expect(placeOf(inUpper('/lib/libc.so.6'), app1, false)).toBe('image_layer');
  });

  test('has no path on the host when only the image has it', () => {
    const { hostPathOf } = setUp();
    expect([
      hostPathOf(inUpper('/lib/libc.so.6'), false),
      hostPathOf(inUpper('/lib/libc.so.6'), true),
    ]).toEqual([null, join(UPPER, 'lib/libc.so.6')]);
    expect(hostPathOf(inUpper('/written'), false)).toBe(join(UPPER, 'written'));
  });

  test('is not said to be in an image when its layer is gone, or it was deleted', () => {
    const { placeOf } = setUp();
    const gone = { ...app1, upperdir: '/gone/fs' };
    expect(placeOf(label('/x', '/gone/fs/x', { role: 'layer' }), gone, false)).toBe('writable_layer');
    expect(placeOf({ ...inUpper('/x'), state: 'deleted' }, app1, false)).toBe('writable_layer');
  });
});

describe('a file of a snapshot, as writeback names it', () => {
  const upper = label(join(UPPER, 'data/file'));
  const lower = label(join(SNAPSHOTS, '1/fs/bin/sh'));

  test('lies in the writable layer while that is mounted, whoever is charged', () => {
    const { placeOf } = setUp();
    expect([placeOf(upper, undefined), placeOf(upper, app1)]).toEqual(['writable_layer', 'writable_layer']);
  });

  test('does so after the end of its container as well', () => {
    const { mounts, placeOf, classOf } = setUp();
    placeOf(upper, app1);
    mountTable(others);
    mounts.refresh();
    expect(placeOf(upper, undefined)).toBe('writable_layer');
    mountTable([...others, overlay]);
    // Nobody ever saw whose it was.
    const stranger = label(join(SNAPSHOTS, '9/fs/data/file'));
    expect(classOf(stranger, undefined)).toBe('snapshot_unpack');
  });

  test('of an image is unpacked outside containers and read inside', () => {
    const { classOf } = setUp();
    expect([classOf(lower, undefined), classOf(lower, app1)]).toEqual(['snapshot_unpack', 'image_layer']);
  });
});

test('what lies beside a file on a local disk tells its class, also when it appears later', () => {
  const { mounts } = setUp();
  const classes = createClasses(mounts);
  const look = () =>
    classes.of(label('/state/kv/1234568.log', join(UPPER, 'state/kv/1234568.log')), app1, true);
  mkdirSync(join(UPPER, 'state/kv'), { recursive: true });
  expect(look()).toMatchObject({ class: 'log_file', isWaiting: true });
  writeFileSync(join(UPPER, 'state/kv/CURRENT'), '');
  expect(look()).toMatchObject({ class: 'rocksdb_wal', isWaiting: false });
});

test('a bind mount, NFS and the host are told apart', () => {
  const { placeOf } = setUp();
  expect([
    placeOf(label('/volume/x', '/data/volume/x', { role: 'mount' }), app1),
    placeOf(label('/data/volumes/x'), app1),
    placeOf(label('/mnt/share/x', undefined, { fsType: 'nfs4' }), undefined),
    placeOf(label('/data/x'), undefined),
    placeOf(label('/x', null), undefined),
  ]).toEqual(['volume_host_path', 'host', 'volume_nfs', 'host', 'unknown']);
});

test('reads, opens and closes may be of files in an image; everything else is not', () => {
  const reads = operations.filter(({ id }) => !isWrite(id)).map(({ name }) => name);
  expect(reads).toEqual(['block_read', 'read', 'open', 'close']);
});
