import { spawnSync } from 'node:child_process';
import { execa } from 'execa';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
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

/** Processes that a daemon has marked as its own. */
function ownedBy(pid: number): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`IOTRACE_OWNER=${String(pid)} `);
    } catch {
      return false;
    }
  });
}

/** 0: none of this name. */
function childOf(pid: number, name: string): number {
  const found = spawnSync('pgrep', ['-P', String(pid), '-x', name], { encoding: 'utf8' });
  return Number(found.stdout.split('\n')[0] ?? 0);
}

const fsyncs = (database: string, file: string) =>
  ask(
    database,
    `SELECT ifnull(sum(op_count), 0) AS n FROM fsync WHERE file = '${file}' AND sync_kind = 'fsync'`,
  );

/** Gaps, and whether they reach from the end of an interval to where counting began again. */
const gaps = (database: string) =>
  ask(
    database,
    `SELECT session_id, detail,
       (SELECT max(ended_us) FROM ledger WHERE ledger.started_us < loss.started_us) = loss.started_us
         AS begins_with_last_interval,
       (SELECT min(ended_us) FROM ledger WHERE ledger.ended_us > loss.started_us) > loss.ended_us
         AS ends_in_next_interval
     FROM loss WHERE kind = 'gap'`,
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
  expect(await gaps(database)).toEqual([
    {
      session_id: 1,
      detail: 'bpftrace ended unasked and was started again: it did not say why (SIGKILL)',
      begins_with_last_interval: 1,
      ends_in_next_interval: 1,
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
  expect(await gaps(database)).toEqual([
    {
      session_id: 1,
      detail: 'the daemon ended without a word: it was killed, or the host went down',
      begins_with_last_interval: 1,
      ends_in_next_interval: 1,
    },
  ]);
});

// While it starts bpftrace, compiles, attaches and records.
it.each([100, 300, 600, 1000, 2000, 4000])(
  'a daemon that is killed %i ms after its start leaves no bpftrace',
  async (ms) => {
    const database = join(folder, `killed-after-${String(ms)}.db`);
    const daemon = execa('node', ['dist/cli.js', 'record', '--db', database], {
      reject: false,
      stdio: 'ignore',
    });
    await new Promise((resolve) => setTimeout(resolve, ms));
    daemon.kill('SIGKILL');
    await daemon;
    await until(() => ownedBy(daemon.pid ?? 0).length === 0, 'nothing of it runs');
  },
);

it("what a killed daemon had begun is undone: the kernel's accounting by itself, the canary's folder and mount by the next start", async () => {
  const database = join(folder, 'undone/iotrace.db');
  const options = ['--interval', '300ms'];
  const killed = await startRecording(database, ...options);
  const scratch = join(folder, 'undone/.iotrace-canary-1-1-1-killed');
  mkdirSync(join(scratch, 'merged'), { recursive: true, mode: 0o700 });
  await execa('mount', ['-t', 'tmpfs', 'tmpfs', join(scratch, 'merged')]);
  // One a minute; the first may be over already. (perl writes its name over its environment, and with it our mark.)
  let holder = 0;
  await until(
    () => {
      holder = childOf(killed.pid, 'iotrace-stats');
      return holder > 0;
    },
    'it takes a sample',
    100,
  );
  killed.kill('SIGKILL');
  await killed.ended;
  await until(() => ownedBy(killed.pid).length === 0 && !isAlive(holder), 'the accounting is off');
  const next = await startRecording(database, ...options);
  expect(await next.stop()).toBe(0);
  const mounts = readFileSync('/proc/self/mounts', 'utf8');
  expect([existsSync(scratch), mounts.includes(scratch)]).toEqual([false, false]);
}, 300_000);

it('a database that is deleted with its folder is created anew, which is said, and a gap', async () => {
  const database = join(folder, 'deleted/iotrace.db');
  const file = join(folder, 'after-deletion');
  const recording = await startRecording(database, '--interval', '1s');
  rmSync(join(folder, 'deleted'), { recursive: true });
  await until(async () => {
    await execa(workload, ['sync', file, '1', '0', '0', '0']);
    const rows = existsSync(database) ? await fsyncs(database, file) : [];
    return Number(rows[0]?.['n']) > 0;
  }, 'the capture counts again');
  expect(recording.said()).toContain(
    `iotrace: ${database} was deleted or replaced while it was recorded into: it is created anew\n`,
  );
  expect(await recording.stop()).toBe(0);
  expect(await gaps(database)).toEqual([
    {
      session_id: 1,
      detail: 'the database before was deleted or replaced while it was recorded into',
      begins_with_last_interval: null,
      ends_in_next_interval: 1,
    },
  ]);
});

it('nobody else reads a recording: not the database, nor what lies beside it', async () => {
  const database = join(folder, 'private/iotrace.db');
  const before = process.umask(0);
  try {
    const recording = await startRecording(database, '--interval', '1s');
    const modes = ['..', '', '-wal', '-shm', '-lock'].map((suffix) => {
      const path = suffix === '..' ? join(database, '..') : database + suffix;
      return [suffix, (statSync(path).mode & 0o777).toString(8)];
    });
    expect(modes).toEqual([
      ['..', '750'],
      ['', '640'],
      ['-wal', '640'],
      ['-shm', '640'],
      ['-lock', '640'],
    ]);
    await recording.stop();
  } finally {
    process.umask(before);
  }
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
