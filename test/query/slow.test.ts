import { afterEach, expect, test } from 'vitest';
import type { SlowQuery } from '../../src/query/reports/slow.ts';
import { slow, slowColumns, slowSql } from '../../src/query/reports/slow.ts';
import { wallUs } from '../../src/schema/units.ts';
import { unstackedOps } from '../../src/query/window.ts';
import { demo } from './demo.ts';
import type { Recording } from './recording.ts';
import { NOON_US } from './recording.ts';

let recording: Recording;
afterEach(() => {
  recording.db.close();
});

const at = (second: number) => wallUs(NOON_US + second * 1e6);
const query: SlowQuery = {
  window: { fromUs: at(0), toUs: at(600) },
  ops: [],
  container: undefined,
  sort: 'latency',
  limit: 20,
};

test('the slowest first, each as the view has it', () => {
  recording = demo();
  const { rows, row_count } = slow(recording.db, query);
  expect(row_count).toBe(3);
  expect(rows[0]).toMatchInlineSnapshot(`
    {
      "cgroup_path": "/api-7d9f8c6b5-x2k4q/api",
      "class": "postgres_wal",
      "container": "api",
      "device": "vda",
      "ended_us": 1795262403250000,
      "error": 0,
      "exemplar_id": 1,
      "file": "/var/lib/postgresql/data/pg_wal/000000010000000000000042",
      "host_path": null,
      "inner_latency_ns": 0,
      "latency_ns": 60000000,
      "namespace": "payments",
      "op": "fsync",
      "pid": 3107,
      "place": "unknown",
      "pod": "api-7d9f8c6b5-x2k4q",
      "process": "postgres",
      "size_bytes": 0,
      "thread": "postgres",
      "tid": 3108,
      "variant": "fdatasync",
    }
  `);
  expect(Object.keys(rows[0]!)).toEqual(slowColumns);
  const columns = recording.db
    .prepare<[], string>("SELECT name FROM pragma_table_info('slow')")
    .pluck()
    .all();
  expect(columns).toEqual(slowColumns);
});

test('the latest first', () => {
  recording = demo();
  const { rows } = slow(recording.db, { ...query, sort: 'time', limit: 2 });
  expect(rows.map(({ ended_us }) => ended_us)).toEqual([at(11), at(6.5)]);
});

test('filters by time, operation and container', () => {
  recording = demo();
  const ops = (overrides: Partial<SlowQuery>) =>
    slow(recording.db, { ...query, ...overrides }).rows.map(({ op }) => op);
  expect(ops({ window: { fromUs: at(3.25), toUs: at(6.5) } })).toEqual(['fsync']);
  expect(ops({ ops: ['block_write'] })).toEqual(['block_write']);
  expect(ops({ container: 'api' })).toEqual(['fsync']);
});

test('the plan finds exemplars by time', () => {
  recording = demo();
  const plan = recording.db
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${slowSql(query)}`)
    .all(0, 1, ...unstackedOps, 20)
    .map(({ detail }) => detail);
  expect(plan).toContain('SEARCH exemplar USING INDEX exemplar_ended (ended_us>? AND ended_us<?)');
  expect(plan.filter((step) => step.startsWith('SCAN'))).toEqual([]);
});
