import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deletedMappings, findAllDeleted } from '../../../src/daemon/samplers/space/deleted-files.ts';
import { emptyTree } from '../lookups/trees.ts';

test('mappings of deleted files, each file once, memory left out', () => {
  const lines = [
    '00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/old (deleted)',
    '00651000-00652000 r--p 00051000 08:02 173521 /usr/bin/old (deleted)',
    '7f0000000000-7f0000001000 rw-s 00000000 00:01 9 /memfd:buffer (deleted)',
    '7f0000002000-7f0000003000 rw-s 00000000 00:05 8 /dev/zero (deleted)',
    '7f0000004000-7f0000005000 rw-s 00000000 fe:00 77 /data/with space (deleted)',
    '7f0000006000-7f0000007000 rw-p 00000000 00:00 0 [heap]',
  ];
  expect(deletedMappings(lines)).toEqual([
    { range: '400000-452000', device: '08:02' },
    { range: '7f0000004000-7f0000005000', device: 'fe:00' },
  ]);
});

test('a file this process holds deleted is found with its size and what it takes; one still there is not', () => {
  const { run } = emptyTree();
  mkdirSync(run, { recursive: true });
  const paths = ['gone', 'there (deleted)', 'linked'].map((name) => join(run, name));
  const descriptors = paths.map((path) => openSync(path, 'w'));
  const [gone] = descriptors;
  writeSync(gone!, Buffer.alloc(64 * 1024));
  ftruncateSync(gone!, 1024 * 1024);
  rmSync(paths[0]!);
  const found = findAllDeleted('/proc').filter(({ path }) => path.startsWith(run));
  for (const descriptor of descriptors) closeSync(descriptor);
  expect(found).toMatchObject([
    {
      pid: process.pid,
      path: paths[0],
      size_bytes: 1024 * 1024,
      held_by: `fd ${String(gone)}`,
      holder_count: 1,
    },
  ]);
  expect(found[0]!.allocated_bytes).toBeGreaterThanOrEqual(64 * 1024);
  expect(found[0]!.allocated_bytes).toBeLessThan(1024 * 1024);
});

test('a process that is gone half way, or a link to nowhere, ends nothing', () => {
  const { proc } = emptyTree();
  mkdirSync(join(proc, '7/fd'), { recursive: true });
  symlinkSync('/nowhere (deleted)', join(proc, '7/fd/3'));
  writeFileSync(join(proc, '7/maps'), '400000-452000 r-xp 0 08:02 1 /x (deleted)\n');
  expect(findAllDeleted(proc)).toEqual([]);
});
