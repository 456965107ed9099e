import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseIoStat } from '../../../src/daemon/samplers/counters/cgroup-io.ts';
import {
  parseIoMax,
  parseMemoryLimit,
  parseWeight,
} from '../../../src/daemon/samplers/settings/cgroup-limits.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { putCgroups, putDisk, roundOver, sightOf } from './sight.ts';

const ID = 'c0ffee'.repeat(11).slice(0, 64);
const BURSTABLE = '/kubepods/burstable';
const APP = `${BURSTABLE}/pod1/app`;
const io = (bytes: number, device = '254:0'): string =>
  `${device} rbytes=${String(bytes)} wbytes=8192 rios=${String(bytes / 4096)} wios=2 dbytes=0 dios=0\n`;

test('io.stat: a device without values did nothing, and other keys are not mistaken for ours', () => {
  const text =
    '254:16 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0 cost.usage=7 cost.wait=9\n254:0 \n7:0\n';
  expect(parseIoStat(text)).toEqual([
    {
      major: 254,
      minor: 16,
      values: {
        read_count: 1,
        read_bytes: 4096,
        write_count: 0,
        write_bytes: 0,
        discard_count: 0,
        discard_bytes: 0,
      },
    },
  ]);
});

test('sampled are containers, not what they made below, and services, not slices', () => {
  const roots = emptyTree();
  putCgroups(roots, {
    [APP]: {},
    [`${APP}/inner`]: {},
    [`${APP}/system.slice/inner.service`]: {},
    [`/docker/${ID}`]: {},
    '/system.slice/containerd.service': {},
    '/system.slice/containerd.service/payload.service': {},
    '/user.slice': {},
  });
  const { targets } = sightOf(roots);
  expect(
    targets
      .all()
      .map(({ path, container }) => [path, container?.name ?? null])
      .toSorted(),
  ).toEqual([
    [`/docker/${ID}`, ID.slice(0, 12)],
    [APP, 'app'],
    ['/system.slice/containerd.service', null],
  ]);
  expect(
    targets
      .above()
      .map(({ path }) => path)
      .toSorted(),
  ).toEqual(['/docker', '/kubepods', BURSTABLE, `${BURSTABLE}/pod1`, '/system.slice']);
});

test('per container: the sum over devices leaves out those made of others, each device has its row', () => {
  const roots = emptyTree();
  putDisk(roots, '254:0', 'vda');
  putDisk(roots, '253:0', 'dm-0');
  put(`${roots.sys}/dev/block/253:0/slaves/vda`, '');
  putCgroups(roots, { [APP]: { 'io.stat': io(0) + io(0, '253:0') } });
  const round = roundOver(roots, ['cgroup-io']);
  round.tick(0);
  put(`${roots.cgroup}${APP}/io.stat`, io(40_960) + io(40_960, '253:0'));
  round.tick(5);
  expect(
    round.rows('SELECT container, cgroup_path, read_count, read_bytes, write_bytes FROM container_samples'),
  ).toEqual([{ container: 'app', cgroup_path: APP, read_count: 10, read_bytes: 40_960, write_bytes: 0 }]);
  expect(round.rows('SELECT device, read_bytes FROM container_device_samples ORDER BY device')).toEqual([
    { device: 'dm-0', read_bytes: 40_960 },
    { device: 'vda', read_bytes: 40_960 },
  ]);
});

test('a container idle in the trace is sampled; one that does nothing has a row a minute', () => {
  const roots = emptyTree();
  putCgroups(roots, { [APP]: { 'io.stat': io(4096) } });
  const round = roundOver(roots, ['cgroup-io']);
  for (let second = 0; second <= 130; second += 5) round.tick(second);
  expect(round.rows('SELECT count(*) AS n FROM container_samples')).toEqual([{ n: 3 }]);
});

test('a container born between two ticks counts from its birth, one that is gone is no problem', () => {
  const roots = emptyTree();
  putCgroups(roots, { [APP]: { 'io.stat': io(4096) } });
  const round = roundOver(roots, ['cgroup-io']);
  round.tick(0);
  putCgroups(roots, { [APP]: {}, [`/docker/${ID}`]: { 'io.stat': io(8192) } });
  rmSync(`${roots.cgroup}${APP}`, { recursive: true });
  round.tick(5);
  expect(round.rows('SELECT container, read_bytes FROM container_samples')).toEqual([
    { container: ID.slice(0, 12), read_bytes: 8192 },
  ]);
  expect(round.rows("SELECT * FROM sampler_coverage WHERE state <> 'seen'")).toEqual([]);
});

test('pressure and memory of a container join its row', () => {
  const roots = emptyTree();
  const stall = (us: number): string =>
    `some avg10=0.00 avg60=0.00 avg300=0.00 total=${String(us)}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`;
  const files = {
    'io.stat': io(0),
    'io.pressure': stall(0),
    'memory.pressure': stall(0),
    'memory.stat': 'anon 100\nfile 5000\nfile_mapped 1\nfile_dirty 4096\nfile_writeback 0\n',
    'memory.events': 'low 0\nhigh 3\nmax 1\noom 0\noom_kill 0\n',
  };
  putCgroups(roots, { [APP]: files });
  const round = roundOver(roots, ['cgroup-io', 'pressure', 'memory']);
  round.tick(0);
  put(`${roots.cgroup}${APP}/io.pressure`, stall(2_500_000));
  put(`${roots.cgroup}${APP}/memory.events`, 'low 0\nhigh 10\nmax 1\noom 0\noom_kill 1\n');
  round.tick(5);
  expect(
    round.rows(
      `SELECT io_some_percent, memory_some_us, dirty_bytes, writeback_bytes, file_bytes, anon_bytes,
         memory_high_count, memory_max_count, oom_kill_count, read_bytes FROM container_samples`,
    ),
  ).toEqual([
    {
      io_some_percent: 50,
      memory_some_us: 0,
      dirty_bytes: 4096,
      writeback_bytes: 0,
      file_bytes: 5000,
      anon_bytes: 100,
      memory_high_count: 7,
      memory_max_count: 0,
      oom_kill_count: 1,
      read_bytes: 0,
    },
  ]);
});

test('controllers that cgroup2 has not, or some cgroups have not, are said; nothing is zero', () => {
  const hybrid = emptyTree();
  putCgroups(hybrid, { [APP]: {} }, 'pids');
  const without = roundOver(hybrid, ['cgroup-io']);
  without.tick(0);
  without.tick(5);
  expect(without.rows('SELECT * FROM container_samples')).toEqual([]);
  expect(without.rows("SELECT subject, state, reason FROM sampler_coverage WHERE state <> 'seen'")).toEqual([
    { subject: 'io.stat', state: 'missing', reason: 'cgroup2 has no io controller here, cgroup v1 has it' },
  ]);

  const partly = emptyTree();
  putCgroups(partly, { [APP]: { 'io.stat': io(0) }, [`/docker/${ID}`]: {} });
  const round = roundOver(partly, ['cgroup-io']);
  round.tick(0);
  const problems = "SELECT subject, state, reason FROM sampler_coverage WHERE subject = 'io.stat'";
  expect(round.rows(problems)).toEqual([
    {
      subject: 'io.stat',
      state: 'partial',
      reason: `1 of 2 cgroups do not have it, as /docker/${ID}: its io controller is off`,
    },
  ]);
  put(`${partly.cgroup}/docker/${ID}/io.stat`, io(0));
  round.tick(5);
  expect(round.rows(problems)).toEqual([{ subject: 'io.stat', state: 'seen', reason: '' }]);
});

test('limits: max is none, the default weight is none', () => {
  expect(parseIoMax('254:0 rbps=max wbps=1048576 riops=max wiops=120\n')).toEqual([
    {
      major: 254,
      minor: 0,
      limits: {
        read_bytes_per_s_max: null,
        write_bytes_per_s_max: 1_048_576,
        reads_per_s_max: null,
        writes_per_s_max: 120,
      },
    },
  ]);
  expect(parseWeight('default 100\n254:0 200\n')).toBeUndefined();
  expect(parseWeight('default 50\n')).toBe(50);
  expect(parseWeight('500\n')).toBe(500);
  expect(parseMemoryLimit('max\n')).toBeUndefined();
  expect(parseMemoryLimit('67108864\n')).toBe(67_108_864);
});

test('a limit is recorded when it is set, changed and lifted, with when it held', () => {
  const roots = emptyTree();
  putDisk(roots, '254:0', 'vda');
  const plain = { 'io.max': '', 'io.weight': 'default 100\n', 'memory.high': 'max\n', 'memory.max': 'max\n' };
  putCgroups(roots, {
    [APP]: plain,
    [`${BURSTABLE}/pod1`]: { ...plain, 'memory.max': '67108864\n' },
    [BURSTABLE]: plain,
    '/kubepods': plain,
  });
  const round = roundOver(roots, ['cgroup-limits']);
  const limit = `${roots.cgroup}${APP}/io.max`;
  round.tick(0);
  put(limit, '254:0 rbps=max wbps=1048576 riops=max wiops=max\n');
  round.tick(30);
  round.tick(60);
  put(limit, '254:0 rbps=max wbps=2097152 riops=max wiops=max\n');
  round.tick(90);
  put(limit, '');
  round.tick(120);
  const seconds = '(since_us - (SELECT min(since_us) FROM container_limits)) / 1000000 AS since';
  expect(
    round.rows(
      `SELECT container, cgroup_path, device, write_bytes_per_s_max AS wbps, memory_max_bytes AS memory, ${seconds},
         (until_us - since_us) / 1000000 AS held_s FROM container_limits WHERE device IS NOT NULL ORDER BY since_us`,
    ),
  ).toEqual([
    {
      container: 'app',
      cgroup_path: APP,
      device: 'vda',
      wbps: 1_048_576,
      memory: null,
      since: 30,
      held_s: 60,
    },
    {
      container: 'app',
      cgroup_path: APP,
      device: 'vda',
      wbps: 2_097_152,
      memory: null,
      since: 90,
      held_s: 30,
    },
  ]);
  expect(
    round.rows('SELECT cgroup_path, memory_max_bytes FROM container_limits WHERE device IS NULL'),
  ).toEqual([{ cgroup_path: `${BURSTABLE}/pod1`, memory_max_bytes: 67_108_864 }]);
});
