import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseRecord, topicOf } from '../../../src/daemon/samplers/logs/kernel-log.ts';
import {
  createRuntimeLog,
  parseJournal,
  readLogLine,
} from '../../../src/daemon/samplers/logs/runtime-log.ts';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { at } from './sight.ts';

test('a record of the kernel: level without the facility, text without its keys, escapes undone', () => {
  const text = '27,339,5140900,-;EXT4-fs (vda): m\\xc3\\xb6unted\\x5c\n SUBSYSTEM=block\n DEVICE=b254:0\n';
  expect(parseRecord(text)).toEqual({
    level: 3,
    sequence: 339,
    loggedUs: 5_140_900,
    message: 'EXT4-fs (vda): möunted\\',
  });
  expect(parseRecord('nonsense')).toBeUndefined();
});

test.each([
  ['blk_update_request: I/O error, dev sda, sector 2048 op 0x0:(READ)', 'block', 'sda'],
  ['I/O error, dev dm-3, sector 9 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2', 'block', 'dm-3'],
  ['nvme nvme0: I/O 17 QID 3 timeout, aborting', 'block', 'nvme0'],
  ['nvme0n1p2: detected capacity change', 'block', 'nvme0n1p2'],
  ['sd 2:0:0:0: [sdb] tag#12 FAILED Result: hostbyte=DID_OK', 'block', 'sdb'],
  ['ata1.00: failed command: WRITE FPDMA QUEUED', 'block', null],
  ['EXT4-fs error (device vda1): ext4_lookup:1855: inode #2', 'filesystem', 'vda1'],
  ['XFS (dm-0): log I/O error -5', 'filesystem', 'dm-0'],
  ['overlayfs: upper fs does not support tmpfile.', 'filesystem', null],
  ['Memory cgroup out of memory: Killed process 77 (app)', 'memory', null],
  ['INFO: task postgres:77 blocked for more than 120 seconds.', 'hung_task', null],
])('%s', (message, topic, device) => {
  expect(topicOf(message)).toEqual({ topic, device });
});

test.each([['eth0: link becomes ready'], ['usb 1-1: new high-speed USB device']])(
  'not of interest: %s',
  (message) => {
    expect(topicOf(message)).toBeUndefined();
  },
);

test('log lines of containerd and of the kubelet; information is no warning', () => {
  expect(
    readLogLine('time="2026-11-22T01:00:00.5Z" level=error msg="failed to unpack" error="no space"'),
  ).toEqual({
    level: 'error',
    text: 'msg="failed to unpack" error="no space"',
    loggedUs: 1_795_309_200_500_000,
  });
  expect(readLogLine('time="2026-11-22T01:00:00Z" level=info msg=ok')).toMatchObject({ level: undefined });
  expect(readLogLine('W1122 01:00:00.000000   77 eviction_manager.go:1] low on imagefs')).toEqual({
    level: 'warning',
    text: 'eviction_manager.go:1] low on imagefs',
  });
  expect(readLogLine('something else')).toBeUndefined();
});

test('journal entries: the level in the text comes before the priority, which journald has from nobody', () => {
  const entry = (message: string, priority: string): string =>
    JSON.stringify({
      __CURSOR: 'c1',
      __REALTIME_TIMESTAMP: '1795309200500000',
      MESSAGE: message,
      PRIORITY: priority,
      _SYSTEMD_UNIT: 'containerd.service',
    });
  expect(parseJournal(entry('time="2026-11-22T01:00:00Z" level=warning msg=slow', '6'))).toEqual({
    cursor: 'c1',
    found: {
      logged_us: 1_795_309_200_500_000,
      unit: 'containerd',
      level: 'warning',
      message: 'msg=slow',
    },
  });
  expect(parseJournal(entry('panic: nil', '3'))?.found).toMatchObject({
    level: 'error',
    message: 'panic: nil',
  });
  expect(parseJournal(entry('fine', '6'))).toEqual({ cursor: 'c1' });
  expect(parseJournal('')).toBeUndefined();
});

test('a log file: only what is written from now on, whole lines, also after it was replaced', () => {
  const roots = emptyTree();
  const { run } = roots;
  mkdirSync(run, { recursive: true });
  const file = join(run, 'containerd.log');
  const line = (message: string): string => `time="2026-11-22T01:00:00Z" level=error msg="${message}"\n`;
  writeFileSync(file, line('of yesterday'));
  const sampler = createRuntimeLog(createMounts(roots), [file]);
  const messages = (): string[] =>
    sampler.sample(at(0)).rows.flatMap((row) => ('values' in row ? [String(row.values['message'])] : []));
  expect(messages()).toEqual([]);
  appendFileSync(file, line('one') + line('two').slice(0, -3));
  expect(messages()).toEqual(['msg="one"']);
  appendFileSync(file, 'o"\n');
  expect(messages()).toHaveLength(1);
  writeFileSync(file, line('new'));
  expect(messages()).toEqual(['msg="new"']);
});

test('a log file on a file system that may never answer is left alone, also behind a link', () => {
  const roots = emptyTree();
  const table = (fsType: string): void => {
    put(
      join(roots.proc, 'self/mountinfo'),
      `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n50 22 0:51 / ${roots.run}/far rw - ${fsType} x rw\n`,
    );
  };
  table('ext4');
  put(join(roots.run, 'far/containerd.log'), '');
  const link = join(roots.run, 'containerd.log');
  symlinkSync('far/containerd.log', link);
  const mounts = createMounts(roots);
  const sampler = createRuntimeLog(mounts, [link]);
  expect(sampler.sample(at(0)).problems).toEqual([]);
  table('fuse.sshfs');
  mounts.refresh();
  expect(sampler.sample(at(0)).problems).toEqual([
    { subject: link, state: 'missing', reason: 'it is on a file system that may never answer', fix: null },
  ]);
});
