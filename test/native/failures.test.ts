import { execa } from 'execa';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  ask,
  bpftraceOf,
  buildWorkload,
  EXEMPLARS_OF_ALL,
  isAlive,
  remove,
  scratchFolder,
  startRecording,
  until,
} from './capture.ts';

const folder = scratchFolder();
let workload = '';

beforeAll(() => {
  workload = buildWorkload(folder);
});
afterAll(() => {
  remove(folder);
});

const fsyncs = (database: string, file: string) =>
  ask(
    database,
    `SELECT ifnull(sum(op_count), 0) AS n FROM fsync WHERE file = '${file}' AND sync_kind = 'fsync'`,
  );

it('a bpftrace that is killed is started again, and the gap is a row', async () => {
  const database = join(folder, 'killed-bpftrace.db');
  const file = join(folder, 'after');
  const recording = await startRecording(database, '--interval', '1s');
  const first = bpftraceOf(recording.pid);
  process.kill(first, 'SIGKILL');
  await until(async () => {
    await execa(workload, ['sync', file, '1', '0', '0', '0']);
    const [row] = await fsyncs(database, file);
    return Number(row?.['n']) > 0;
  }, 'the capture counts again');
  expect(await recording.stop()).toBe(0);
  expect(await ask(database, `SELECT kind, detail FROM loss WHERE kind = 'gap'`)).toEqual([
    {
      kind: 'gap',
      detail: 'bpftrace ended unasked and was started again: it did not say why (SIGKILL)',
    },
  ]);
});

it('a daemon that is killed leaves what it had stored, no bpftrace, and a status that says so', async () => {
  const database = join(folder, 'killed-daemon.db');
  const file = join(folder, 'before');
  const recording = await startRecording(database, '--interval', '1s');
  const bpftrace = bpftraceOf(recording.pid);
  await execa(workload, ['sync', file, '23', '0', '0', '0']);
  await until(async () => (await fsyncs(database, file))[0]?.['n'] === 23, 'the interval is stored');
  recording.kill('SIGKILL');
  await recording.ended;
  expect(await fsyncs(database, file)).toEqual([{ n: 23 }]);
  const { stdout } = await execa('node', ['dist/cli.js', 'status', '--db', database], { reject: false });
  expect(stdout).toContain('ended without a word');
  await until(() => !isAlive(bpftrace), 'bpftrace has noticed');
  const again = await startRecording(database, '--interval', '1s');
  expect(await again.stop()).toBe(0);
});

it('who tries all tokens of control is not heard, and is a row', async () => {
  const database = join(folder, 'refused.db');
  const recording = await startRecording(database, '--interval', '1s');
  // 256 asks to make ready to end: obeyed, no interval would begin any more.
  const script = '($<, $>) = (65534, 65534); kill 0, $_ * 512 + 256 for 2**21 .. 2**22 - 1';
  await execa('perl', ['-e', script]);
  const before = Date.now() * 1000;
  await until(async () => {
    const [row] = await ask(
      database,
      `SELECT count(*) AS n FROM ledger WHERE started_us > ${String(before)}`,
    );
    return row?.['n'] !== 0;
  }, 'intervals go on');
  expect(await recording.stop()).toBe(0);
  expect(
    await ask(database, `SELECT kind, sum(lost_count) AS n FROM loss WHERE kind = 'control_refused'`),
  ).toEqual([{ kind: 'control_refused', n: 1 }]);
});

it('the end of a recording waits for what bpftrace has not passed on yet', async () => {
  const database = join(folder, 'behind.db');
  const prefix = join(folder, 'behind');
  const recording = await startRecording(database, ...EXEMPLARS_OF_ALL);
  // A daemon that reads nothing: bpftrace waits in write(2), with the names of the files behind it.
  recording.kill('SIGSTOP');
  await execa(workload, ['threads', prefix, '64', '23']);
  const stopped = recording.stop();
  recording.kill('SIGCONT');
  expect(await stopped).toBe(0);
  const rows = await ask(
    database,
    `SELECT sum(op_count) AS n, count(DISTINCT file) AS files FROM fsync WHERE file LIKE '${prefix}%'`,
  );
  expect(rows).toEqual([{ n: 1472, files: 64 }]);
});

it('a full disk loses nothing that fits into memory, and says so', async () => {
  const small = join(folder, 'small');
  const database = join(small, 'iotrace.db');
  const file = join(folder, 'while-full');
  mkdirSync(small);
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', small]);
  try {
    const recording = await startRecording(database, '--interval', '1s');
    const filler = join(small, 'filler');
    // Ends when the disk is full.
    await execa('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'], { reject: false });
    // Many files, so that the rows need new pages; again and again, since the log reuses the pages it has.
    let runs = 0;
    await until(async () => {
      runs += 1;
      await execa(workload, ['threads', `${file}-${String(runs)}`, '64', '23']);
      return recording.said().includes("can't be written");
    }, 'the daemon says that the disk is full');
    await execa('rm', [filler]);
    await until(async () => {
      const [row] = await ask(
        database,
        `SELECT ifnull(sum(op_count), 0) AS n FROM fsync WHERE file LIKE '${file}%'`,
      );
      return row?.['n'] === runs * 1472;
    }, 'what was kept in memory is stored');
    expect(await recording.stop()).toBe(0);
    expect(
      await ask(database, `SELECT sum(lost_count) AS n FROM loss WHERE kind = 'operations_uncounted'`),
    ).toEqual([{ n: null }]);
  } finally {
    // Lazily: what still has it open must not hide why the test failed.
    await execa('umount', ['--lazy', small]);
  }
});

it('a second daemon on the same recording is refused by name', async () => {
  const database = join(folder, 'twice.db');
  const recording = await startRecording(database);
  const second = await execa('node', ['dist/cli.js', 'record', '--for', '1s', '--db', database], {
    reject: false,
  });
  expect(second.exitCode).toBe(1);
  expect(second.stderr).toContain(`Process ${String(recording.pid)} is already recording into ${database}`);
  await recording.stop();
});
