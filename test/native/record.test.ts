import { execa } from 'execa';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectCgroupLayout } from '../../src/daemon/lookups/cgroups.ts';
import { hostRoots } from '../../src/daemon/lookups/roots.ts';
import {
  ask,
  buildWorkload,
  EXEMPLARS_OF_ALL,
  remove,
  runIn,
  scratchFolder,
  startRecording,
} from './capture.ts';

const CONTAINER_ID = 'c0ffee'.repeat(11).slice(0, 64);
const SYNCS = ['23', '19', '17', '13'];

let hasIoUring = false;
const folder = scratchFolder();
const database = join(folder, 'iotrace.db');
const cgroup2 = detectCgroupLayout(hostRoots).cgroup2Path ?? '';
const parent = join(cgroup2, 'docker');
const cgroup = join(parent, CONTAINER_ID);

beforeAll(async () => {
  const workload = buildWorkload(folder);
  const recording = await startRecording(database, ...EXEMPLARS_OF_ALL);
  mkdirSync(cgroup, { recursive: true });
  await execa(workload, ['sync', join(folder, 'host'), ...SYNCS]);
  await runIn(cgroup, workload, 'sync', join(folder, 'contained'), ...SYNCS);
  await execa(workload, ['threads', join(folder, 'thread'), '64', '23']);
  const { stdout } = await execa(workload, ['kinds', join(folder, 'kinds')]);
  hasIoUring = !stdout.includes('io_uring unavailable');
  await execa(workload, ['hostile', folder]);
  rmdirSync(cgroup);
  expect(await recording.stop()).toBe(0);
});

afterAll(() => {
  remove(folder);
});

const countsByKind = (file: string) =>
  ask(
    database,
    `SELECT sync_kind, sum(op_count) AS n FROM fsync
     WHERE file = '${join(folder, file)}' AND process = 'workload' GROUP BY sync_kind ORDER BY sync_kind`,
  );

it('counts each sync of a known workload once, by kind', async () => {
  expect(await countsByKind('host')).toEqual([
    { sync_kind: 'fdatasync', n: 19 },
    { sync_kind: 'fsync', n: 23 },
    { sync_kind: 'msync', n: 13 },
    { sync_kind: 'o_dsync', n: 17 },
  ]);
});

it('charges a cgroup made after the start to its container, also when it is gone', async () => {
  const rows = await ask(
    database,
    `SELECT container, cgroup_path, sync_kind, sum(op_count) AS n FROM fsync
     WHERE container IS NOT NULL AND process = 'workload' GROUP BY container, cgroup_path, sync_kind ORDER BY sync_kind`,
  );
  const owner = { container: CONTAINER_ID.slice(0, 12), cgroup_path: `/docker/${CONTAINER_ID}` };
  expect(rows).toEqual([
    { ...owner, sync_kind: 'fdatasync', n: 19 },
    { ...owner, sync_kind: 'fsync', n: 23 },
    { ...owner, sync_kind: 'msync', n: 13 },
    { ...owner, sync_kind: 'o_dsync', n: 17 },
  ]);
});

it('loses no fsync of 64 threads at once: 1472 of 1472, on 64 files', async () => {
  const rows = await ask(
    database,
    `SELECT sum(op_count) AS n, count(DISTINCT file) AS files FROM fsync
     WHERE file LIKE '${join(folder, 'thread')}%' AND process = 'workload'`,
  );
  expect(rows).toEqual([{ n: 1472, files: 64 }]);
});

it('tells the rarer kinds apart', async () => {
  const rows = await ask(
    database,
    `SELECT sync_kind, sum(op_count) AS n FROM fsync
     WHERE process = 'workload' AND sync_kind IN ('sync', 'syncfs', 'sync_file_range', 'o_sync', 'io_uring')
     GROUP BY sync_kind ORDER BY sync_kind`,
  );
  expect(rows).toEqual([
    ...(hasIoUring ? [{ sync_kind: 'io_uring', n: 11 }] : []),
    { sync_kind: 'o_sync', n: 7 },
    { sync_kind: 'sync', n: 2 },
    { sync_kind: 'sync_file_range', n: 7 },
    { sync_kind: 'syncfs', n: 2 },
  ]);
});

it('keeps hostile file names whole', async () => {
  const rows = await ask(database, `SELECT file FROM fsync WHERE file LIKE '${folder}/%' AND op_count = 1`);
  const names = rows.map(({ file }) => String(file).slice(folder.length + 1));
  expect(names).toEqual(
    expect.arrayContaining([
      'quote"',
      'back\\slash',
      'new\nline',
      '日本語',
      'n'.repeat(255),
      '","',
      '}]}\n{"type":"map"',
    ]),
  );
});

it('the buckets hold as many operations as the totals, whose sum is what the kernel counted', async () => {
  const rows = await ask(
    database,
    `SELECT (SELECT sum(op_count) FROM latency) - (SELECT sum(op_count) FROM operations) AS bucketed,
       (SELECT sum(kernel_op_count - stored_op_count) FROM ledger) AS stored`,
  );
  expect(rows).toEqual([{ bucketed: 0, stored: 0 }]);
});

it('with a threshold of 1 ns every operation is an exemplar, or counted as suppressed or lost', async () => {
  const rows = await ask(
    database,
    `SELECT (SELECT count(*) FROM slow) + (SELECT ifnull(sum(lost_count), 0) FROM loss WHERE kind IN ('exemplars_suppressed', 'exemplars_lost'))
       - (SELECT sum(op_count) FROM operations) AS unaccounted`,
  );
  expect(rows).toEqual([{ unaccounted: 0 }]);
});

it('what the canary did was seen, and nothing is called covered that is not', async () => {
  const rows = await ask(
    database,
    `SELECT subject, state FROM coverage WHERE probe = 'fsync' AND state <> 'unproven' ORDER BY subject`,
  );
  const seen = rows.filter(({ state }) => state === 'seen').map(({ subject }) => subject);
  expect(seen).toEqual(
    expect.arrayContaining(['fdatasync', 'fsync', 'msync', 'o_dsync', 'o_sync', 'sync_file_range']),
  );
  const [copyUp] = await ask(
    database,
    `SELECT count(*) AS n FROM coverage WHERE probe = 'copy_up' AND subject = 'copy_up'`,
  );
  expect(copyUp).toEqual({ n: 1 });
});

it('nothing was lost but what the kernel skipped', async () => {
  const rows = await ask(
    database,
    `SELECT * FROM loss WHERE kind NOT IN ('exemplars_suppressed', 'exemplars_lost', 'programs_skipped')`,
  );
  expect(rows).toEqual([]);
});
