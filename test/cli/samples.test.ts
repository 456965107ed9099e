import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deletedColumns } from '../../src/query/reports/deleted.ts';
import { deviceColumns } from '../../src/query/reports/devices.ts';
import { readDeleted } from '../../src/cli/commands/deleted.ts';
import { isFailure } from '../../src/failure.ts';
import { wallUs } from '../../src/schema/units.ts';
import { demo } from '../query/demo.ts';
import { NOON_US } from '../query/recording.ts';
import { Samples } from '../query/samples.ts';
import { cliPath, iotrace, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const path = join(folder, 'samples.db');
const window = ['--from', '2026-11-21T12:00Z', '--to', '2026-11-21T12:10Z'];

beforeAll(() => {
  const recording = demo(path);
  const samples = new Samples(recording);
  for (const second of [0, 5, 10]) {
    const tick = samples.tick(second);
    samples.host(tick, {
      cpu_ticks: 1000,
      iowait_ticks: 123,
      io_some_us: 500_000,
      io_full_us: 100_000,
      dirty_bytes: 12 * 2 ** 20,
      dirty_limit_bytes: 2 ** 30,
    });
    samples.disk(tick, 'vda', {
      read_count: 100,
      read_bytes: 409_600,
      read_ms: 50,
      write_count: 23,
      write_bytes: 94_208,
      write_ms: 230,
      busy_ms: 4900 - second * 100,
      queue_ms: 10_000,
      flush_count: 7,
      flush_ms: 70,
    });
    samples.filesystem(second, '/var/lib/containerd', {
      size_bytes: 100 * 2 ** 30,
      free_bytes: 60 * 2 ** 30 - second * 2 ** 20,
      available_bytes: 55 * 2 ** 30,
      inode_count: 6_553_600,
      inode_free_count: 200_000,
      holds: 'writable layers, images',
    });
  }
  samples.deleted(10, '/var/log/app.log', { holder_count: 3 });
  for (const name of ['diskstats', 'cpu', 'filesystems', 'deleted-files']) samples.coverage(name);
  samples.coverage('pressure');
  samples.coverage('pressure', '/proc/pressure/memory', 'missing', 'this kernel has no such file');
  recording.db.close();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('devices: iostat’s columns beside what was traced, and the host under them', () => {
  const { code, stdout, stderr } = iotrace(['devices', '--db', path, ...window]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatchInlineSnapshot(`
    "device    r/s   w/s   f/s  rkB/s  wkB/s  r_await  w_await  f_await  aqu-sz  %util    max  traced   queue  service
    vda     20.00  4.60  1.40  80.00  18.40     0.50    10.00    10.00    2.00  88.00  98.00       9  200 µs     0 ns

    host: iowait 12.30 %, tasks waited for I/O 10.00 % of the time, all of them at once 2.00 %, dirty memory up to 12.0 MiB, writers are held up at 1.00 GiB
    1 row, 2026-11-21 12:00:00 to 12:10:00 UTC, sampled: 15 s of it
    not sampled: pressure /proc/pressure/memory: this kernel has no such file
    "
  `);
});

test('devices as JSON has the columns it says', () => {
  const { stdout } = iotrace(['devices', '--db', path, '--format', 'json', ...window]);
  const rows = JSON.parse(stdout) as Record<string, unknown>[];
  expect(Object.keys(rows[0]!)).toEqual(deviceColumns.map(([name]) => name));
});

test('filesystems: space and inodes', () => {
  const { code, stdout } = iotrace(['filesystems', '--db', path, ...window]);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "mounted on           device  type     size     avail  use%     change  inodes   ifree  iuse%  change  holds
    /var/lib/containerd  vda     ext4  100 GiB  55.0 GiB  42.1  +10.0 MiB  6.55 M  200000   96.9       0  writable layers, images

    1 row, 2026-11-21 12:00:00 to 12:10:00 UTC, sampled: 15 s of it
    "
  `);
});

test('deleted of a recording', () => {
  const { code, stdout } = iotrace(['deleted', '--db', path, ...window]);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "   space      size  container  process  held by            device  last seen (UTC)      path
    1.00 MiB  1.00 MiB  (gone)     java 77  fd 7, 3 processes  vda     2026-11-21 12:00:10  /var/log/app.log

    1 row, 2026-11-21 12:00:00 to 12:10:00 UTC, sampled: 15 s of it
    "
  `);
});

test('a window without samples says what the recording covers', () => {
  const { code, stderr } = iotrace([
    'filesystems',
    '--db',
    path,
    '--from',
    '2026-01-01',
    '--to',
    '2026-01-02',
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain('Nothing was recorded from 2026-01-01');
});

test('deleted, now: root sees who holds what, others are told what to type', () => {
  const file = join(folder, 'held');
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, Buffer.alloc(300_000));
  rmSync(file);
  const words = [cliPath, 'deleted', '--live', '--limit', '100000', '--format', 'json'];
  if (process.getuid?.() === 0) {
    const found = JSON.parse(
      execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    ) as Record<string, unknown>[];
    const mine = found.filter((row) => row['path'] === file);
    expect(mine).toMatchObject([
      { pid: process.pid, size_bytes: 300_000, held_by: `fd ${String(descriptor)}` },
    ]);
    expect(Object.keys(mine[0]!)).toEqual([...deletedColumns]);
  } else {
    const { code, stderr } = iotrace(words.slice(1));
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Type: sudo iotrace deleted --live') as string,
    });
  }
  closeSync(descriptor);
});

test('deleted looks now for root, into the recording for others and when a window or a file is named', () => {
  const now = wallUs(NOON_US);
  const isLive = (typed: Parameters<typeof readDeleted>[0], isRoot: boolean) => {
    const read = readDeleted(typed, now, isRoot);
    return isFailure(read) ? read.code : read.isLive;
  };
  expect(isLive({}, true)).toBe(true);
  expect(isLive({}, false)).toBe(false);
  expect(isLive({ since: '1h' }, true)).toBe(false);
  expect(isLive({ db: 'a.db' }, true)).toBe(false);
  expect(isLive({ live: true }, false)).toBe(true);
  expect(isLive({ live: true, since: '1h' }, true)).toBe('bad-argument');
});
