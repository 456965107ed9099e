import { expect, test } from 'vitest';
import { cpuBetween, parseStat } from '../../../src/daemon/samplers/counters/cpu.ts';
import { parseMeminfo, parseVmstat, vmBetween } from '../../../src/daemon/samplers/counters/memory.ts';
import { parsePressure } from '../../../src/daemon/samplers/counters/pressure.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { roundOver } from './sight.ts';

const stat = (cpu: string, more = ''): string =>
  `cpu  ${cpu}\ncpu0 1 1 1 1 1 1 1 1 0 0\nctxt 1000\nbtime 1\nprocesses 50\nprocs_running 3\nprocs_blocked 2\n${more}`;

test('CPU time: nice is user, interrupts are system, and the parts add up', () => {
  const then = parseStat(stat('100 10 50 800 20 1 2 5 0 0'))!;
  const now = parseStat(stat('130 20 70 850 60 2 4 6 0 0').replace('ctxt 1000', 'ctxt 1500'))!;
  expect(cpuBetween(now, then)).toEqual({
    user_ticks: 40,
    system_ticks: 23,
    idle_ticks: 50,
    iowait_ticks: 40,
    steal_ticks: 1,
    cpu_ticks: 154,
    context_switch_count: 500,
    fork_count: 0,
    running_count: 3,
    blocked_count: 2,
  });
});

test('iowait that shrinks, as it does when a CPU goes offline, counts nothing', () => {
  const then = parseStat(stat('100 0 50 800 20 0 0 0 0 0'))!;
  const now = parseStat(stat('110 0 50 800 15 0 0 0 0 0'))!;
  expect(cpuBetween(now, then)).toMatchObject({ iowait_ticks: 0, user_ticks: 10, cpu_ticks: 10 });
});

test('meminfo in bytes; a kernel without swap lines leaves them null', () => {
  const text =
    'MemTotal: 100 kB\nMemAvailable:   50 kB\nCached: 30 kB\nDirty:  44 kB\nWriteback:  8 kB\nWritebackTmp: 1 kB\n';
  expect(parseMeminfo(text)).toEqual({
    dirty_bytes: 45_056,
    writeback_bytes: 8192,
    available_bytes: 51_200,
    cached_bytes: 30_720,
    swap_used_bytes: null,
  });
});

test('vmstat: pages become bytes, stalls of all zones are one number, what the kernel has not is null', () => {
  const then = parseVmstat(
    'nr_dirtied 10\nnr_written 5\nallocstall_normal 1\nallocstall_movable 2\npgmajfault 3\n',
  );
  const now = parseVmstat(
    'nr_dirtied 12\nnr_written 9\nallocstall_normal 2\nallocstall_movable 5\npgmajfault 3\nnr_dirty_threshold 100\n',
  );
  expect(vmBetween(now, then)).toEqual({
    dirtied_bytes: 8192,
    written_bytes: 16_384,
    swap_in_bytes: null,
    swap_out_bytes: null,
    major_fault_count: 0,
    refault_count: null,
    reclaim_stall_count: 4,
    dirty_limit_bytes: 409_600,
    dirty_background_limit_bytes: null,
  });
});

test('pressure is read from the totals', () => {
  const text =
    'some avg10=5.78 avg60=1.12 avg300=0.23 total=898539\nfull avg10=3.82 avg60=0.76 avg300=0.16 total=612771\n';
  expect(parsePressure(text)).toEqual({ some: 898_539, full: 612_771 });
});

test('three samplers make one row of the host; what one of them can’t read is null and said', () => {
  const roots = emptyTree();
  const pressure = (some: number): string =>
    `some avg10=0.00 avg60=0.00 avg300=0.00 total=${String(some)}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n`;
  put(`${roots.proc}/pressure/io`, pressure(1000));
  put(`${roots.proc}/stat`, stat('100 0 50 800 20 0 0 0 0 0'));
  put(`${roots.proc}/meminfo`, 'Dirty: 4 kB\n');
  put(`${roots.proc}/vmstat`, 'nr_dirtied 1\n');
  const round = roundOver(roots, ['cpu', 'memory', 'pressure']);
  round.tick(0);
  put(`${roots.proc}/pressure/io`, pressure(501_000));
  put(`${roots.proc}/stat`, stat('125 0 50 850 45 0 0 0 0 0'));
  round.tick(5);
  expect(
    round.rows(
      'SELECT iowait_percent, io_some_percent, io_full_percent, memory_some_us, dirty_bytes, dirtied_bytes FROM host_samples',
    ),
  ).toEqual([
    {
      iowait_percent: 25,
      io_some_percent: 10,
      io_full_percent: 0,
      memory_some_us: null,
      dirty_bytes: 4096,
      dirtied_bytes: 0,
    },
  ]);
  expect(
    round.rows(
      "SELECT sampler, subject, state, reason FROM sampler_coverage WHERE subject LIKE '%memory' AND state <> 'seen'",
    ),
  ).toEqual([
    {
      sampler: 'pressure',
      subject: '/proc/pressure/memory',
      state: 'missing',
      reason: 'this kernel has no such file',
    },
  ]);
});
