import { expect, test } from 'vitest';
import type { Exemplar, SyncStages } from '../../../src/daemon/stream/decode.ts';
import { createExemplarContext } from '../../../src/daemon/stream/exemplar-context.ts';

const exemplar = (tid: number, latencyNs: number): Exemplar => ({
  type: 'exemplar',
  opId: 1,
  variant: 1,
  bootUs: 1_000_000,
  cgroupId: 27,
  pid: tid,
  tid,
  thread: 'web',
  file: { dev: 8, ino: 7, hash: 1 },
  sizeBytes: 0,
  latencyNs,
  innerNs: 0,
  error: 0,
});
const stages = (tid: number, latencyNs: number): SyncStages => ({
  type: 'sync_stages',
  tid,
  latencyNs,
  dataNs: 1,
  journalNs: 2,
  flushNs: 3,
});

test('stages belong to the exemplar of their thread and latency', () => {
  const context = createExemplarContext();
  context.learn(stages(561, 20_000_000));
  context.learn(stages(562, 30_000_000));
  const [other, own] = [exemplar(562, 20_000_000), exemplar(562, 30_000_000)];
  context.exemplar(other);
  context.exemplar(own);
  const taken = context.take([other, own]);
  expect([...taken.stages]).toEqual([[own, stages(562, 30_000_000)]]);
  expect(context.take([]).stages.size).toBe(0);
});

test('of what is in flight, that during the exemplars is kept', () => {
  const context = createExemplarContext();
  context.addMap(
    '@inflight',
    new Map([
      ['8,27,9', 50],
      ['8,27,5', 60],
    ]),
  );
  context.addMap('@block_start', new Map([['8,27,10', 70]]));
  const taken = context.take([exemplar(561, 20_000_000)]);
  expect(taken.inflight).toEqual([{ slotBootUs: 900_000, dev: 8, cgroupId: 27, inflightNs: 50 }]);
});

test('failed requests are handed on once', () => {
  const context = createExemplarContext();
  const failed = {
    type: 'block_error',
    bootUs: 5,
    opId: 4,
    status: 7,
    sector: 8,
    sizeBytes: 4096,
    cgroupId: 27,
    pid: 561,
    file: { dev: 8, ino: 0, hash: 2 },
  } as const;
  context.learn(failed);
  expect(context.take([]).blockErrors).toEqual([failed]);
  expect(context.take([]).blockErrors).toEqual([]);
});
