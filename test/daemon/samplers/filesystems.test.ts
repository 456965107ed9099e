import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import { holders, spaceOf } from '../../../src/daemon/samplers/space/filesystems.ts';
import type { Count } from '../../../src/daemon/samplers/space/upperdirs.ts';
import { countFiles } from '../../../src/daemon/samplers/space/upperdirs.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { containerOf } from '../lookups/container.ts';

const MOUNTINFO = `
1 0 254:0 / / rw,relatime - ext4 /dev/vda rw
2 1 254:16 / /var/lib/containerd rw,noatime - ext4 /dev/vdb rw
3 1 254:16 /docker /mnt/data/docker rw,noatime - ext4 /dev/vdb rw
4 1 0:40 / /run/containerd/x/rootfs rw - overlay overlay rw,lowerdir=/l,upperdir=/var/lib/containerd/s/1/fs,workdir=/var/lib/containerd/s/1/work
5 1 254:32 / /var/lib/kubelet/pods/u/volumes/pvc rw - ext4 /dev/vdc rw
6 1 0:41 / /var/lib/kubelet/pods/u/volumes/secret rw - tmpfs tmpfs rw
7 1 0:42 / /mnt/nfs rw - nfs4 server:/export rw
`;

const container = {
  ...containerOf({
    containerId: 'app',
    rootfs: '/run/containerd/x/rootfs',
    upperdir: '/var/lib/containerd/s/1/fs',
    mounts: [
      { destination: '/nfs', source: '/mnt/nfs/app' },
      { destination: '/proc', source: '/proc' },
    ],
  }),
  volumes: [],
};

test('each file system that holds container data once, with what it holds', () => {
  const roots = emptyTree();
  put(`${roots.proc}/self/mountinfo`, MOUNTINFO.trimStart());
  const found = holders(createMounts(roots), [container], '/var/lib/iotrace/iotrace.db');
  expect(found.map(({ mount, holds }) => [mount.mountPoint, holds.join(', ')])).toEqual([
    ['/var/lib/containerd', 'writable layers, images'],
    ['/mnt/nfs', 'volumes'],
    ['/', "images, kubelet, logs, runtime state, iotrace's recording"],
    ['/var/lib/kubelet/pods/u/volumes/pvc', 'volumes'],
  ]);
});

test('space and inodes are those of df and df -i', () => {
  const df = (option: string): number[] =>
    execFileSync('df', [option, '--block-size=1', '/tmp'], { encoding: 'utf8' })
      .split('\n')[1]!
      .split(/\s+/u)
      .slice(1, 4)
      .map(Number);
  const space = spaceOf('/tmp');
  if ('reason' in space) throw new Error(space.reason);
  const [size] = df('-B1');
  const [inodes] = df('-i');
  // What is free changes while others work; what there is does not.
  expect(space.size_bytes).toBe(size);
  expect(space.inode_count).toBe(inodes);
  expect(space.inode_free_count).toBeLessThan(inodes!);
  expect(space.available_bytes).toBeLessThanOrEqual(space.free_bytes);
});

test('a path that is not there has a reason, not a size', () => {
  expect(spaceOf('/nowhere')).toEqual({ reason: 'statfs failed with ENOENT' });
});

function counted(root: string, most: number): { count: Count | undefined; steps: number } {
  const count = countFiles(root, most);
  for (let steps = 0; ; steps += 1) {
    const { done, value } = count.next();
    if (done === true) return { count: value, steps };
  }
}

test('a layer is counted entry by entry, links not followed, and given up at the budget', () => {
  const root = join(emptyTree().run, 'upper');
  mkdirSync(join(root, 'a/b'), { recursive: true });
  for (let index = 0; index < 23; index += 1) writeFileSync(join(root, 'a/b', String(index)), '');
  symlinkSync('/', join(root, 'a/root'));
  expect(counted(root, 100)).toEqual({
    count: { files: 24, directories: 2, isComplete: true },
    steps: 26,
  });
  const { files, directories, isComplete } = counted(root, 10).count!;
  expect({ entries: files + directories, isComplete }).toEqual({ entries: 10, isComplete: false });
  expect(counted(join(root, 'gone'), 10).count).toBeUndefined();
});
