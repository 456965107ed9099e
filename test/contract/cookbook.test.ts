import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replay, STREAMS } from '../replay/replay.ts';
import type { Db } from '../../src/schema/open.ts';
import { demo } from '../query/demo.ts';
import type { Recording } from '../query/recording.ts';

const page = readFileSync('docs/cookbook.md', 'utf8');
const recipes = [...page.matchAll(/((?:[^\n]+\n)+)\n```sql\n([\s\S]*?)```\n\n([^\n]*)/gu)].map(
  ([, question = '', query = '', columns = '']) => ({
    question: question.trim().replaceAll('\n', ' '),
    query,
    columns,
  }),
);

/** A node on which there is something to say to each question. */
function eventful(): Recording {
  const made = demo();
  const later = made.interval(65);
  const app = { container: 'app', cgroup: '/kubepods/app', process: 'app', pid: 31 };
  const layer = '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/2/fs';
  const inLayer = (path: string) => ({ file: path, host_path: `${layer}${path}` });
  const inWork = { file: '(file being copied up)', host_path: `${layer.slice(0, -2)}work/work/#1` };
  made.operations(later, app, { op: 'fsync', variant: 2, ...inLayer('/data/file'), latencies: [2e6, 30e6] });
  made.operations(later, app, {
    op: 'block_write',
    ...inLayer('/data/file'),
    latencies: [1e6],
    size_bytes: 8192,
  });
  made.operations(later, app, { op: 'block_write', ...inWork, latencies: [1e6], size_bytes: 4096 });
  made.operations(later, app, {
    op: 'block_read',
    ...inLayer('/data/file'),
    latencies: [1e6],
    size_bytes: 4096,
  });
  made.operations(
    later,
    { ...app, process: 'agent', pid: 32 },
    { op: 'block_read', ...inLayer('/data/file'), latencies: [3e6] },
  );
  made.operations(later, app, { op: 'fsync', variant: 1, file: '/tmp/gone (deleted)', latencies: [1e6] });
  const agent = { container: 'agent', cgroup: '/kubepods/agent', process: 'fluent-bit', pid: 34 };
  const log = { file: '/var/log/pods/a/0.log', host_path: '/var/log/pods/a/0.log' };
  made.operations(later, agent, { op: 'open', ...log, latencies: [5000] });
  made.operations(later, agent, {
    op: 'read',
    variant: 1,
    ...log,
    latencies: [1000, 2000, 3000],
    size_bytes: 300,
  });
  made.operations(later, app, {
    op: 'write',
    variant: 1,
    ...inLayer('/data/file'),
    latencies: [4000],
    size_bytes: 1024,
  });
  made.exemplar(70, app, { op: 'fsync', file: '/data/file', latencies: [30e6] });
  made.exemplar(70.01, { container: 'other', pid: 33 }, { op: 'fsync', file: '/x', latencies: [25e6] });
  made.db.exec(`UPDATE container SET upperdir = '${layer}' WHERE name = 'app';
    UPDATE total SET inner_latency_ns_sum = latency_ns_sum / 2`);
  return made;
}

let recording: Recording;
let replays: Db[] = [];
beforeAll(() => {
  recording = eventful();
  replays = STREAMS.map((stream) => replay(stream).db);
});
afterAll(() => {
  for (const db of [recording.db, ...replays]) db.close();
});

describe.each(recipes)('$question', ({ query, columns }) => {
  test('is answered, in the columns the page names', () => {
    const statement = recording.db.prepare(query);
    const names = statement.columns().map(({ name }) => name);
    expect(columns).toBe(`Columns: ${names.map((name) => `\`${name}\``).join(', ')}`);
    expect(statement.all()).not.toEqual([]);
  });

  test('can be asked of every recorded kernel', () => {
    expect(replays.map((db) => db.prepare(query).all()).length).toBe(STREAMS.length);
  });
});

test('every query of the page is one of these', () => {
  expect(recipes.length).toBe(page.split('\n```sql\n').length - 1);
  expect(recipes.length).toBeGreaterThan(25);
});

const ask = (start: string) => {
  const recipe = recipes.find(({ question }) => question.startsWith(start));
  if (!recipe) throw new Error(`no recipe ${start}`);
  return recording.db.prepare<[], Record<string, unknown>>(recipe.query).all();
};

describe('what they answer is right', () => {
  test('who syncs most', () => {
    expect(ask('Who syncs most')[0]).toMatchObject({ container: 'api', class: 'postgres_wal', syncs: 15 });
  });

  test('percentiles of a minute', () => {
    const api = ask('P50, P95').find((row) => row['container'] === 'api');
    expect(api).toMatchObject({ syncs: 21, p50_ms: 3.015, p99_ms: 60.817 });
  });

  test('small syncs: bytes for each', () => {
    expect(ask('Batching would help')).toContainEqual({
      container: 'app',
      class: 'writable_layer',
      file: '/data/file',
      syncs: 2,
      written_bytes_per_sync: 4096,
    });
  });

  test('write amplification', () => {
    expect(ask('Bytes an application wrote')).toEqual([
      { container: 'app', application_bytes: 1024, disk_bytes: 12_288, amplification: 12 },
    ]);
  });

  test('who was in flight', () => {
    expect(ask('Who was in flight')).toContainEqual(
      expect.objectContaining({ who_waited: 'app', who_else: 'other', pairs: 1, overlap_ms: 15 }),
    );
  });

  test('readers of a class', () => {
    expect(ask('Who reads which files')).toHaveLength(2);
    expect(ask('Who reads which kind')[0]).toEqual({
      class: 'container_log',
      container: 'agent',
      process: 'fluent-bit',
      files: 1,
      reads: 3,
      read_bytes: 300,
      writes: 0,
    });
  });
});
