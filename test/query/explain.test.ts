import { expect, test } from 'vitest';
import { partsOf } from '../../src/query/reports/explain.ts';
import type { SlowRow } from '../../src/query/reports/slow.ts';

const operation = (op: string, latency_ns: number, inner_latency_ns = 0): SlowRow => ({
  exemplar_id: 1,
  ended_us: 0,
  container: 'web',
  pod: null,
  namespace: null,
  cgroup_path: '/web',
  process: 'web',
  pid: 1,
  thread: 'web',
  tid: 1,
  file: '/data/file',
  host_path: null,
  class: 'other',
  place: 'host',
  device: 'vda',
  op,
  variant: null,
  size_bytes: 0,
  latency_ns,
  inner_latency_ns,
  error: 0,
});
const stages = { data_latency_ns: 20, journal_latency_ns: 60, flush_latency_ns: 5 };

test('the stages of a sync and the remainder are the whole', () => {
  const parts = partsOf(operation('fsync', 100), stages);
  expect(parts).toEqual([
    { part: 'its own data', latency_ns: 20 },
    { part: 'journal commit', latency_ns: 60 },
    { part: 'disk flush', latency_ns: 5 },
    { part: 'remainder', latency_ns: 15 },
  ]);
});

test('a block request is queue and device, and nothing remains', () => {
  expect(partsOf(operation('block_write', 100, 70), undefined)).toEqual([
    { part: 'queue', latency_ns: 30 },
    { part: 'device', latency_ns: 70 },
    { part: 'remainder', latency_ns: 0 },
  ]);
});

test('a commit is ordered data and journal blocks', () => {
  expect(partsOf(operation('journal_commit', 100, 70), undefined).map(({ part }) => part)).toEqual([
    'ordered data',
    'journal blocks',
    'remainder',
  ]);
});

test('of what nothing is known, all remains', () => {
  expect(partsOf(operation('copy_up', 100), undefined)).toEqual([{ part: 'remainder', latency_ns: 100 }]);
});
