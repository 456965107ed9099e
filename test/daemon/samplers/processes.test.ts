import { expect, test } from 'vitest';
import { parseProcessIo, parseProcessStat } from '../../../src/daemon/samplers/counters/process-io.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import type { Roots } from '../../../src/daemon/lookups/roots.ts';
import { putCgroups, roundOver } from './sight.ts';

const stat = (name: string, start: number, delay: number): string =>
  `7 (${name}) S 1 1 1 0 -1 4194304 102 0 0 0 0 0 0 0 20 0 1 0 ${String(start)} 3133440 354 18446744073709551615 1 1 1 0 0 0 0 0 0 0 0 0 17 1 0 0 ${String(delay)} 0 0 1 2 3 4 5 6 7 0`;
const io = (read: number, write: number, cancelled = 0): string =>
  `rchar: 9\nwchar: 9\nsyscr: 1\nsyscw: 1\nread_bytes: ${String(read)}\nwrite_bytes: ${String(write)}\ncancelled_write_bytes: ${String(cancelled)}\n`;

function putProcess(roots: Roots, pid: number, counters: string, start = 100, delay = 0): void {
  const directory = `${roots.proc}/${String(pid)}`;
  put(`${directory}/stat`, stat('fio', start, delay));
  put(`${directory}/io`, counters);
  put(`${directory}/cgroup`, '4:memory:/\n0::/kubepods/pod1/app\n');
}

function nodeWithProcess(): Roots {
  const roots = emptyTree();
  put(`${roots.proc}/self/io`, io(0, 0));
  put(`${roots.proc}/sys/kernel/task_delayacct`, '1\n');
  putCgroups(roots, { '/kubepods/pod1/app': {} });
  return roots;
}

test('a name may hold parentheses and spaces; what a kworker does now is no part of its name', () => {
  expect(parseProcessStat(stat('a) (b', 55, 9))).toEqual({ name: 'a) (b', startTicks: 55, delayTicks: 9 });
  expect(parseProcessStat(stat('kworker/u8:5-kvfree_rcu_reclaim', 1, 0))?.name).toBe('kworker/u8:5');
  expect(parseProcessStat(stat('kworker/0:1H+kblockd', 1, 0))?.name).toBe('kworker/0:1H');
  expect(parseProcessStat('gone')).toBeUndefined();
});

test('rchar and wchar, which count memory too, are not taken', () => {
  expect(parseProcessIo(io(4096, 512, 7))).toEqual({ readBytes: 4096, writeBytes: 512, cancelledBytes: 7 });
  expect(parseProcessIo('')).toBeUndefined();
});

test('a row for a process that moved something, with its container and its delay', () => {
  const roots = nodeWithProcess();
  putProcess(roots, 7, io(1000, 1000), 100, 5);
  putProcess(roots, 8, io(1000, 1000));
  const round = roundOver(roots, ['process-io']);
  round.tick(0);
  putProcess(roots, 7, io(6120, 1000, 0), 100, 8);
  round.tick(5);
  expect(
    round.rows(
      'SELECT process, pid, container, cgroup_path, read_bytes, write_bytes, io_delay_ms, read_kib_per_s FROM process_samples',
    ),
  ).toEqual([
    {
      process: 'fio',
      pid: 7,
      container: 'app',
      cgroup_path: '/kubepods/pod1/app',
      read_bytes: 5120,
      write_bytes: 0,
      io_delay_ms: 30,
      read_kib_per_s: 1,
    },
  ]);
});

test('a process born between two rounds, or one that took the pid of another, counts from nothing', () => {
  const roots = nodeWithProcess();
  putProcess(roots, 7, io(0, 5000));
  const round = roundOver(roots, ['process-io']);
  round.tick(0);
  putProcess(roots, 7, io(0, 9000), 333);
  putProcess(roots, 9, io(0, 300));
  round.tick(5);
  expect(round.rows('SELECT pid, write_bytes FROM process_samples ORDER BY pid')).toEqual([
    { pid: 7, write_bytes: 9000 },
    { pid: 9, write_bytes: 300 },
  ]);
});

test('an idle process is looked at in every sixth round, and its interval says how long that was', () => {
  const roots = nodeWithProcess();
  putProcess(roots, 7, io(0, 0));
  const round = roundOver(roots, ['process-io']);
  for (let second = 0; second <= 300; second += 5) {
    // Never in a round in which it would be looked at anyway.
    if (second === 300) putProcess(roots, 7, io(0, 4096));
    round.tick(second);
  }
  for (let second = 305; second <= 330; second += 5) round.tick(second);
  const [row, ...more] = round.rows('SELECT write_bytes, elapsed_us FROM process_samples');
  expect(more).toEqual([]);
  expect(row?.['write_bytes']).toBe(4096);
  expect(row?.['elapsed_us']).toBe(30_000_000);
});

test('without delay accounting the delay is null, and that is said', () => {
  const roots = nodeWithProcess();
  put(`${roots.proc}/sys/kernel/task_delayacct`, '0\n');
  putProcess(roots, 7, io(0, 0));
  const round = roundOver(roots, ['process-io']);
  round.tick(0);
  putProcess(roots, 7, io(0, 4096));
  round.tick(5);
  expect(round.rows('SELECT io_delay_ms FROM process_samples')).toEqual([{ io_delay_ms: null }]);
  expect(round.rows("SELECT subject, reason, fix FROM sampler_coverage WHERE state = 'missing'")).toEqual([
    {
      subject: 'io_delay_ms',
      reason: 'the kernel does not account delays',
      fix: 'sysctl kernel.task_delayacct=1',
    },
  ]);
});
