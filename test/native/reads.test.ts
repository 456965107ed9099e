import { execa } from 'execa';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costsBetween } from '../../src/daemon/cost/sampling.ts';
import { detectCgroupLayout } from '../../src/daemon/lookups/cgroups.ts';
import { hostRoots } from '../../src/daemon/lookups/roots.ts';
import { findPrograms } from '../../src/daemon/cost/programs.ts';
import {
  ask,
  bpftraceOf,
  buildWorkload,
  remove,
  runIn,
  scratchFolder,
  startRecording,
  until,
} from './capture.ts';

const folder = scratchFolder();
const cgroup2 = detectCgroupLayout(hostRoots).cgroup2Path ?? '';
const cgroup = join(cgroup2, 'iotrace-test-reads');
const BEYOND = '(files and processes beyond --map-memory)';
const MEBIBYTE = 2 ** 20;
let workload = '';

beforeAll(() => {
  workload = buildWorkload(folder);
  mkdirSync(cgroup, { recursive: true });
});
afterAll(() => {
  rmdirSync(cgroup);
  remove(folder);
});

const lossOf = (database: string) =>
  ask(
    database,
    `SELECT kind, op, lost_count FROM loss WHERE kind IN ('operations_uncounted', 'latencies_uncounted', 'gap')`,
  );

describe('a known workload', () => {
  const database = join(folder, 'reads.db');
  const pages = (n: number) => ({ n, bytes: 4096 * n, errors: 0 });
  const straceFile = join(folder, 'strace');
  let hasIoUring = false;

  beforeAll(async () => {
    const recording = await startRecording(database);
    await execa(workload, ['rw', join(folder, 'rw')]);
    await execa(workload, ['opens', join(folder, 'opens')]);
    const { stdout } = await execa(workload, ['uring', join(folder, 'uring')]);
    hasIoUring = !stdout.includes('io_uring unavailable');
    const big = join(folder, 'big');
    await execa(workload, ['write', big, String(MEBIBYTE)]);
    // GNU dd: writes the file back, and drops it from the page cache.
    await execa('dd', [`of=${big}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0']);
    await execa(workload, ['read', big]);
    await execa(workload, ['write', join(folder, 'warm'), String(MEBIBYTE)]);
    await execa('strace', ['-c', '-o', straceFile, workload, 'read', join(folder, 'warm')]);
    await execa(workload, ['write', join(folder, 'direct'), '69632', 'direct']);
    await execa(workload, ['read', join(folder, 'direct'), 'direct']);
    expect(await recording.stop()).toBe(0);
  });

  const fileIo = (name: string) =>
    ask(
      database,
      `SELECT op, served, sum(op_count) AS n, sum(size_bytes_sum) AS bytes, sum(error_count) AS errors
       FROM file_io WHERE file = '${join(folder, name)}' AND process = 'workload' GROUP BY 1, 2 ORDER BY 1, 2`,
    );

  it('has every read and write, by whatever call', async () => {
    expect(await fileIo('rw.in')).toEqual([
      { op: 'read', served: 'cached', ...pages(23 + 29 + 31 + 37 + 41 + 43 + 47 + 53) },
      { op: 'write', served: 'buffered', ...pages(1) },
    ]);
    const [written] = await ask(
      database,
      `SELECT sum(op_count) AS n, sum(size_bytes_sum) AS bytes, sum(error_count) AS errors FROM file_io
       WHERE file = '${join(folder, 'rw.out')}' AND op = 'write' AND served IN ('buffered', 'waited')`,
    );
    expect(written).toEqual(pages(59 + 61 + 67 + 71 + 73 + 47 + 53));
  });

  it('has none of those of sockets, pipes and /dev/zero, of which there were 6054 and more', async () => {
    const rows = await ask(
      database,
      `SELECT DISTINCT file FROM file_io WHERE process = 'workload' AND file NOT LIKE '${folder}/%'`,
    );
    expect(rows).toEqual([]);
  });

  it('has io_uring’s', async () => {
    expect(await fileIo('uring')).toEqual(
      hasIoUring
        ? [
            { op: 'read', served: 'io_uring', ...pages(97) },
            { op: 'write', served: 'buffered', ...pages(1) },
            { op: 'write', served: 'io_uring', ...pages(101) },
          ]
        : [{ op: 'write', served: 'buffered', ...pages(1) }],
    );
  });

  it('tells reads of the device from cached ones', async () => {
    const rows = await fileIo('big');
    const of = (...kinds: string[]) =>
      rows
        .filter(({ op, served }) => op === 'read' && kinds.includes(String(served)))
        .reduce((sum, { n }) => sum + Number(n), 0);
    expect(of('cached', 'readahead', 'device', 'waited')).toBe(257);
    expect(of('device', 'readahead')).toBeGreaterThan(0);
    expect(of('cached')).toBeGreaterThan(200);
  });

  it('tells those that pass the cache by', async () => {
    expect(await fileIo('direct')).toEqual([
      { op: 'read', served: 'direct', n: 18, bytes: 69_632, errors: 0 },
      { op: 'write', served: 'direct', ...pages(17) },
    ]);
  });

  it('has as many reads as strace counts calls in the same run', async () => {
    const calls = Number(/(\d+)\s+pread64$/mu.exec(readFileSync(straceFile, 'utf8'))?.[1]);
    expect(calls).toBe(257);
    expect(await fileIo('warm')).toContainEqual({
      op: 'read',
      served: 'cached',
      n: calls,
      bytes: MEBIBYTE,
      errors: 0,
    });
  });

  it('has every open by file, those that failed, and every close', async () => {
    const rows = await ask(
      database,
      `SELECT file, sum(op_count) AS n, sum(error_count) AS errors FROM open
       WHERE process = 'workload' AND op = 'open' AND file IN ('${join(folder, 'opens')}', '(not opened)') GROUP BY 1`,
    );
    expect(rows).toEqual([
      { file: '(not opened)', n: 89, errors: 89 },
      { file: join(folder, 'opens'), n: 83, errors: 0 },
    ]);
    const [left] = await ask(
      database,
      `SELECT sum(op_count) FILTER (WHERE op = 'open' AND error_count = 0)
         - sum(op_count) FILTER (WHERE op = 'close') AS left_open FROM open
       WHERE pid IN (SELECT pid FROM open WHERE file = '${join(folder, 'opens')}')`,
    );
    expect(left).toEqual({ left_open: 0 });
  });

  it('has lost nothing', async () => {
    expect(await lossOf(database)).toEqual([]);
  });
});

it('with more files than rows each operation is still counted under its cgroup, the rest named as such', async () => {
  const database = join(folder, 'bounded.db');
  const recording = await startRecording(database, '--map-memory', '8MiB');
  const many = join(folder, 'many');
  mkdirSync(many);
  await runIn(cgroup, 'sh', '-c', `i=0; while [ $i -lt 1009 ]; do echo $i > ${many}/$i; i=$((i + 1)); done`);
  expect(await recording.stop()).toBe(0);
  const rows = await ask(
    database,
    `SELECT op, variant, sum(op_count) AS n, sum(op_count) FILTER (WHERE file = '${BEYOND}') > 0 AS has_beyond,
       count(DISTINCT file) < 900 AS is_bounded
     FROM operations WHERE cgroup_path = '/iotrace-test-reads' AND op IN ('open', 'write') AND error_count = 0
       AND (file = '${BEYOND}' OR file LIKE '${many}/%') GROUP BY 1`,
  );
  expect(rows).toEqual([
    { op: 'open', variant: null, n: 1009, has_beyond: 1, is_bounded: 1 },
    { op: 'write', variant: 'buffered', n: 1009, has_beyond: 1, is_bounded: 1 },
  ]);
  expect(await lossOf(database)).toEqual([]);
  expect(
    await ask(database, 'SELECT sum(kernel_op_count) - sum(stored_op_count) AS missing FROM ledger'),
  ).toEqual([{ missing: 0 }]);
});

it('above --max-cpu detail is shed step by step, each a row, and the totals stay exact', async () => {
  const database = join(folder, 'governed.db');
  const recording = await startRecording(database, '--interval', '1s', '--max-cpu', '0.1%');
  const levels = () => ask(database, 'SELECT level, detail FROM governor_step ORDER BY step_id');
  await until(async () => (await levels()).at(-1)?.['level'] === 5, 'the last level is reached');
  // The row bound changes at once, and the next interval begins with it.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await runIn(cgroup, workload, 'rw', join(folder, 'shed'));
  expect(await recording.stop()).toBe(0);
  expect(await levels()).toEqual([
    { level: 1, detail: 'an eighth of the exemplars' },
    { level: 2, detail: 'no exemplars' },
    { level: 3, detail: 'no exemplars, a quarter of the file rows' },
    { level: 4, detail: 'no exemplars, a thirty-second of the file rows' },
    { level: 5, detail: 'totals per cgroup only' },
  ]);
  const rows = await ask(
    database,
    `SELECT op, file, sum(op_count) AS n, sum(size_bytes_sum) AS bytes FROM operations
     WHERE cgroup_path = '/iotrace-test-reads' AND op IN ('read', 'write') AND size_bytes_sum >= 4096 GROUP BY 1, 2`,
  );
  expect(rows).toEqual([
    { op: 'read', file: BEYOND, n: 304, bytes: 304 * 4096 },
    { op: 'write', file: BEYOND, n: 432, bytes: 432 * 4096 },
  ]);
  expect(await lossOf(database)).toEqual([]);
});

const STATS = '/proc/sys/kernel/bpf_stats_enabled';

/** Calls of the workload by the program that sees them: the operations they are, and those it leaves out. */
const FIRED = [
  {
    calls: 'sendfile',
    program: 'sys_enter_sendf',
    words: [],
    are: `op = 'read' AND file LIKE '%/fired_'`,
    counted: 59,
    leftOut: 61,
  },
  {
    calls: 'sync',
    program: 'sys_enter_fsync',
    words: ['23', '19', '0', '0'],
    are: `op = 'fsync'`,
    counted: 42,
    leftOut: 0,
  },
  {
    calls: 'sync',
    program: 'sys_enter_msync',
    words: ['0', '0', '0', '13'],
    are: `op = 'fsync'`,
    counted: 13,
    leftOut: 0,
  },
];

it.each(FIRED)(
  'what $program fired is what it counted, left out and missed, to the operation',
  async ({ calls, program, words, are, counted, leftOut }) => {
    const database = join(folder, `${program}.db`);
    const before = readFileSync(STATS, 'utf8');
    writeFileSync(STATS, '1');
    try {
      const recording = await startRecording(database);
      const programs = findPrograms(bpftraceOf(recording.pid));
      const fired: number[] = [];
      for (let run = 0; run < 5; run += 1) {
        const start = programs.read();
        await execa(workload, [calls, join(folder, `fired${String(run)}`), ...words]);
        const costs = costsBetween(start, programs.read(), programs.names());
        const ran = costs.filter(({ name }) => name.includes(program));
        expect(ran).toHaveLength(1);
        fired.push(...ran.map(({ runCount, missedCount }) => runCount + missedCount));
      }
      // Who had it on keeps it on.
      expect(await recording.stop()).toBe(0);
      expect(readFileSync(STATS, 'utf8').trim()).toBe('1');
      const rows = await ask(
        database,
        `SELECT sum(op_count) AS n FROM operations WHERE process = 'workload' AND ${are} GROUP BY pid`,
      );
      expect(rows).toEqual([0, 1, 2, 3, 4].map(() => ({ n: counted })));
      // Other programs of this machine may call it meanwhile; not in each of five runs.
      expect(Math.min(...fired)).toBe(counted + leftOut);
    } finally {
      writeFileSync(STATS, before);
    }
  },
);

it("the kernel's accounting is on without its switch, and a sample has every program", async () => {
  const database = join(folder, 'sampled.db');
  writeFileSync(STATS, '0');
  const recording = await startRecording(database, '--interval', '1s');
  await until(
    async () => (await ask(database, 'SELECT 1 AS is_there FROM cost_sample')).length > 0,
    'a sample is stored',
  );
  expect(readFileSync(STATS, 'utf8').trim()).toBe('0');
  expect(await recording.stop()).toBe(0);
  const [sample] = await ask(
    database,
    `SELECT sum(run_count) > 0 AS has_run, sum(program_count) AS programs, max(map_memory_bytes) AS bytes
     FROM cost_sample JOIN program USING (sample_id)`,
  );
  expect(sample).toMatchObject({ has_run: 1 });
  expect(Number(sample?.['programs'])).toBeGreaterThan(40);
  expect(Number(sample?.['bytes'])).toBeGreaterThan(32 * MEBIBYTE);
  expect(await ask(database, `SELECT name FROM program WHERE name LIKE 'sys_enter_sendf%'`)).toHaveLength(1);
});
