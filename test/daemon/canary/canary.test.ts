import { describe, expect, test } from 'vitest';
import { judge, runCanary } from '../../../src/daemon/canary/canary.ts';
import type { CanaryRun } from '../../../src/daemon/canary/canary.ts';
import type { PlannedProbe } from '../../../src/daemon/contract.ts';
import type { Interval, Total } from '../../../src/daemon/stream/totals.ts';

const SYNCS = ['fsync', 'fdatasync', 'sync_file_range', 'msync', 'o_dsync', 'o_sync'];
const plan: PlannedProbe[] = [
  { probe: 'fsync', fragment: 'fsync.kfunc.bt', reasons: [], gaps: [] },
  { probe: 'copy_up', fragment: 'copy_up.kfunc.bt', reasons: [], gaps: [] },
  { probe: 'block', fragment: 'block.kfunc.bt', reasons: [], gaps: [] },
  { probe: 'cgroup', fragment: 'cgroup.tracepoint.bt', reasons: [], gaps: [] },
];

const run = (pid: number, did: readonly string[], problems: readonly string[] = []): CanaryRun => ({
  pid,
  endedBootUs: 1000,
  did: new Map(did.map((kind) => [kind, 1])),
  problems,
});
const synced = run(561, SYNCS);
const copied = run(572, ['copy_up']);

const total = (opId: number, variant: number, pid: number, opCount = 1): Total => ({
  opId,
  variant,
  cgroupId: 1,
  pid,
  file: { dev: 1, ino: 7, hash: 0 },
  opCount,
  errorCount: 0,
  sizeBytes: 0,
  latencyNs: 1,
  latencyNsMax: 1,
  innerNs: 0,
});
const flushOf = (...totals: readonly Total[]): Interval => ({
  sequence: 1,
  startedBootUs: 0,
  endedBootUs: 2000,
  totals,
  buckets: [],
  kernelOps: new Map(),
  suppressed: new Map(),
  refusedCount: 0,
  sent: new Map(),
});

/** Numbers of the kinds in bpf/: fsync 1, fdatasync 2, msync 3, o_sync 4, o_dsync 5, sync_file_range 6. */
const all = [1, 2, 3, 4, 5, 6].map((variant) => total(1, variant, 561));

const lines = (...found: readonly Interval[]): string[] =>
  judge([synced, copied], found, plan).map(
    ({ probe, subject, state, reason }) => `${probe} ${subject} ${state}: ${reason}`,
  );

test('a canary that was counted whole proves what it tried, and says what it did not', () => {
  expect(lines(flushOf(...all, total(2, 0, 572), total(5, 0, 58, 26), total(6, 0, 58, 13)))).toEqual([
    'fsync fsync seen: did 1, counted 1',
    'fsync fdatasync seen: did 1, counted 1',
    'fsync msync seen: did 1, counted 1',
    'fsync o_sync seen: did 1, counted 1',
    'fsync o_dsync seen: did 1, counted 1',
    'fsync sync_file_range seen: did 1, counted 1',
    'fsync syncfs unproven: not tried at start',
    'fsync sync unproven: not tried at start',
    'fsync io_uring unproven: not tried at start',
    'copy_up copy_up seen: did 1, counted 1',
    'copy_up copy_up_dir unproven: not tried at start',
    'block block_read unproven: not tried at start',
    'block block_write seen: counted 26 at start',
    'block block_flush seen: counted 13 at start',
    'block block_discard unproven: not tried at start',
    'block block_requeue unproven: not tried at start',
    'block block_stacked_read unproven: not tried at start',
    'block block_stacked_write unproven: not tried at start',
    'block block_stacked_flush unproven: not tried at start',
    'block block_stacked_discard unproven: not tried at start',
  ]);
});

test('what it did may be spread over several intervals', () => {
  const found = lines(...all.map((each) => flushOf(each)), flushOf(total(2, 0, 572)));
  expect(found.filter((line) => line.includes(' seen: did')).length).toBe(7);
});

describe('a hook that does not see', () => {
  test('nothing of a kind leaves it missing, with what to do', () => {
    const found = judge([synced, copied], [flushOf(...all.filter(({ variant }) => variant !== 2))], plan);
    expect(found.find(({ subject }) => subject === 'fdatasync')).toEqual({
      probe: 'fsync',
      subject: 'fdatasync',
      state: 'missing',
      reason: 'did 1, counted 0',
      fix: 'iotrace doctor tells which program was chosen and why',
    });
  });

  test('counts twice is not proven: an overlay’s sync and that of its upper file are one', () => {
    const found = judge([synced, copied], [flushOf(...all, total(1, 1, 561))], plan);
    expect(found.find(({ subject }) => subject === 'fsync')).toEqual({
      probe: 'fsync',
      subject: 'fsync',
      state: 'partial',
      reason: 'did 1, counted 2',
      fix: 'iotrace doctor tells which program was chosen and why',
    });
  });

  test('is not proven by what other processes did', () => {
    const found = judge([synced, copied], [flushOf(total(1, 1, 999, 100), total(2, 0, 999))], plan);
    const states = found.filter(({ reason }) => reason.startsWith('did')).map(({ state }) => state);
    expect(states).toEqual(Array.from({ length: 7 }, () => 'missing'));
  });
});

test('what the canary did not try is proven by whoever did it', () => {
  expect(lines(flushOf(total(1, 8, 999, 3)))).toContain('fsync sync seen: counted 3 at start');
});

test('a canary that could not run proves nothing and says why', () => {
  const failed = run(0, [], ['no folder on a disk to try it in: /tmp']);
  expect(
    judge([failed], [flushOf()], plan).map(({ subject, state, reason }) => [subject, state, reason])[0],
  ).toEqual(['fsync', 'unproven', 'no folder on a disk to try it in: /tmp']);
});

test('a probe that records nothing here is not judged: its gap says so', () => {
  const without = plan.map((each) => (each.probe === 'block' ? { ...each, fragment: null } : each));
  expect(judge([synced, copied], [flushOf(...all)], without).some(({ probe }) => probe === 'block')).toBe(
    false,
  );
});

test('without a folder on a disk no canary runs', async () => {
  expect(await runCanary(['/proc/no/such/folder', '/dev/shm/none'], plan)).toMatchObject([
    { did: new Map(), problems: ['no folder on a disk to try it in: /proc/no/such/folder, /dev/shm/none'] },
  ]);
});
