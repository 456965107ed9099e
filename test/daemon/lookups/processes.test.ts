import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findMapping, findOpenFile, processName } from '../../../src/daemon/lookups/processes.ts';
import { emptyTree, put } from './trees.ts';

function numbers({ dev, ino }: BigIntStats): [number, number, bigint] {
  return [Number((dev >> 8n) & 0xfffn), Number((dev & 0xffn) | ((dev >> 12n) & 0xfff00n)), ino];
}

function openFile(path: string): [number, number, bigint] {
  const descriptor = openSync(path, 'r');
  onTestFinished(() => {
    closeSync(descriptor);
  });
  return numbers(statSync(path, { bigint: true }));
}

describe('this very process', () => {
  const own = (file: [number, number, bigint]): string | undefined =>
    findOpenFile('/proc', process.pid, ...file);

  test('has a file open whose name is found by its numbers', () => {
    const { run } = emptyTree();
    const path = join(run, 'data with\nnewline');
    put(path, '');
    const [major, minor, inode] = openFile(path);
    expect(own([major, minor, inode])).toBe(path);
    expect(findOpenFile('/proc', process.pid, major, minor, Number(inode))).toBe(path);
    expect([own([major, minor + 1, inode]), own([major, minor, inode + 1n])]).toEqual([undefined, undefined]);
  });

  test('has a deleted file open, whose name was without “(deleted)”', () => {
    const { run } = emptyTree();
    const path = join(run, 'gone');
    put(path, '');
    const file = openFile(path);
    unlinkSync(path);
    expect(own(file)).toBe(path);
  });

  test('has a file open that is called “(deleted)”', () => {
    const { run } = emptyTree();
    put(join(run, 'f'), '');
    const file = openFile(join(run, 'f'));
    renameSync(join(run, 'f'), join(run, 'f (deleted)'));
    expect(own(file)).toBe(join(run, 'f (deleted)'));
  });

  test('has node itself mapped, though not open', () => {
    expect(own(numbers(statSync(process.execPath, { bigint: true })))).toBe(process.execPath);
  });

  test('has a name', () => {
    const child = spawn('sleep', ['5']);
    onTestFinished(() => {
      child.kill();
    });
    expect(['node', 'sleep']).toContain(processName('/proc', child.pid ?? 0));
  });
});

describe('a recorded process', () => {
  test('is asked for the kernel’s own numbers, which stat would not tell on overlay', () => {
    const { proc } = emptyTree();
    put(join(proc, '7/fdinfo/3'), 'pos:\t0\nflags:\t0100000\nmnt_id:\t75\nino:\t1234\n');
    put(join(proc, '7/mountinfo'), '75 71 0:43 / / rw - overlay overlay rw,lowerdir=/l\n');
    mkdirSync(join(proc, '7/fd'), { recursive: true });
    symlinkSync('/etc/conf', join(proc, '7/fd/3'));
    expect([findOpenFile(proc, 7, 0, 43, 1234n), findOpenFile(proc, 7, 0, 44, 1234n)]).toEqual([
      '/etc/conf',
      undefined,
    ]);
  });

  test('of a kernel before 5.14 is asked by stat', () => {
    const { proc, run } = emptyTree();
    put(join(run, 'f'), '');
    put(join(proc, '7/fdinfo/3'), 'pos:\t0\nflags:\t0100000\nmnt_id:\t75\n');
    put(join(proc, '7/mountinfo'), '75 71 8:1 / / rw - ext4 /dev/sda1 rw\n');
    mkdirSync(join(proc, '7/fd'), { recursive: true });
    symlinkSync(join(run, 'f'), join(proc, '7/fd/3'));
    const file = numbers(statSync(join(run, 'f'), { bigint: true }));
    expect(findOpenFile(proc, 7, ...file)).toBe(join(run, 'f'));
    // There stat might never come back.
    put(join(proc, '7/mountinfo'), '75 71 0:51 / / rw - nfs4 server:/ rw\n');
    expect(findOpenFile(proc, 7, ...file)).toBeUndefined();
  });

  test('that is gone has no files and no name', () => {
    const { proc } = emptyTree();
    expect([findOpenFile(proc, 7, 8, 1, 2n), processName(proc, 7)]).toEqual([undefined, undefined]);
    expect(findOpenFile(proc, 7, 8, 1, 2 ** 60)).toBeUndefined();
  });

  test('may call itself anything', () => {
    const { proc } = emptyTree();
    put(join(proc, '7/comm'), 'a "b"\n c\n');
    expect(processName(proc, 7)).toBe('a "b"\n c');
  });
});

test('findMapping reads device numbers as hex and names with anything in them', () => {
  const lines = [
    '55e0-55e1 r--p 00000000 fd:1a 77 /other',
    'garbage',
    '7f00-7f01 rw-p 00000000 00:00 0',
    '7f02-7f03 rw-p 00000000 00:00 0                          [heap]',
    '7f04-7f05 r-xp 00001000 fd:1b 77                         /lib/a b\\012c.so (deleted)',
  ];
  expect(findMapping(lines, { major: 0xfd, minor: 0x1b, inode: 77n })).toBe('/lib/a b\nc.so');
  expect(findMapping(lines, { major: 0, minor: 0, inode: 0n })).toBeUndefined();
});
