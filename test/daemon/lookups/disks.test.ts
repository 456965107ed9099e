import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { disksBelow } from '../../../src/daemon/lookups/disks.ts';

/** sysfs as the kernel lays it out: vda with the partition vda2, and dm-0 on that and on vdb. */
const sys = mkdtempSync(join(tmpdir(), 'iotrace-disks-'));
afterAll(() => {
  rmSync(sys, { recursive: true });
});
const device = (path: string, number: string, files: Record<string, string> = {}): void => {
  const at = join(sys, 'devices', path);
  mkdirSync(at, { recursive: true });
  for (const [name, text] of Object.entries({ dev: `${number}\n`, ...files }))
    writeFileSync(join(at, name), text);
  mkdirSync(join(sys, 'dev/block'), { recursive: true });
  symlinkSync(at, join(sys, 'dev/block', number));
};
const slave = (of: string, path: string, name: string): void => {
  const link = join(sys, 'devices', of, 'slaves', name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join(sys, 'devices', path), link);
};
device('vda', '254:0');
device('vda/vda2', '254:2', { partition: '2\n' });
device('vdb', '254:16');
device('dm-0', '253:0');
device('dm-1', '253:1');
slave('dm-0', 'vda/vda2', 'vda2');
slave('dm-0', 'vdb', 'vdb');
slave('dm-1', 'dm-0', 'dm-0');

test('a disk is its own', () => {
  expect(disksBelow(sys, '254:0')).toEqual(['254:0']);
});

test('a partition is on its disk', () => {
  expect(disksBelow(sys, '254:2')).toEqual(['254:0']);
});

test('a mapped device is on the disks of all it is made of, however deep', () => {
  expect(disksBelow(sys, '253:0')).toEqual(['254:0', '254:16']);
  expect(disksBelow(sys, '253:1')).toEqual(['254:0', '254:16']);
});

test('a device that is gone stands for itself', () => {
  expect(disksBelow(sys, '8:0')).toEqual(['8:0']);
});
