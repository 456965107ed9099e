import { execa } from 'execa';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectCgroupLayout } from '../../src/daemon/lookups/cgroups.ts';
import { hostRoots } from '../../src/daemon/lookups/roots.ts';
import { ask, remove, scratchFolder, startRecording } from './capture.ts';

const CONTAINER_ID = 'beef'.repeat(16);
const BLOCK_BYTES = 65_536;
const WRITES = 23;
const READS = 17;

const folder = scratchFolder();
const database = join(folder, 'iotrace.db');
const cgroup = join(detectCgroupLayout(hostRoots).cgroup2Path ?? '', 'docker', CONTAINER_ID);
/** A disk of our own: nobody else's requests are in its counters. */
let disk = '';
let iostat: Record<string, number> | undefined;

/** What the real iostat says of one disk over so many seconds; `undefined` where it is not installed. */
async function runIostat(seconds: number): Promise<Record<string, number> | undefined> {
  const found = await execa('iostat', ['-x', '-y', '-o', 'JSON', disk, String(seconds), '1'], {
    reject: false,
  });
  if (found.failed) {
    console.warn('iostat (package sysstat) is not installed: compared with recorded output only');
    return undefined;
  }
  const report = JSON.parse(found.stdout) as {
    sysstat: { hosts: { statistics: { disk: Record<string, number>[] }[] }[] };
  };
  return report.sysstat.hosts[0]!.statistics[0]!.disk[0]!;
}

const dd = (...words: string[]) => execa('dd', [`bs=${String(BLOCK_BYTES)}`, 'status=none', ...words]);

beforeAll(async () => {
  const image = join(folder, 'disk.img');
  writeFileSync(image, '');
  truncateSync(image, 64 * 2 ** 20);
  const path = execFileSync('losetup', ['--find', '--show', '--direct-io=on', image], {
    encoding: 'utf8',
  }).trim();
  disk = path.replace('/dev/', '');
  const recording = await startRecording(database, '--interval', '1s');
  mkdirSync(cgroup, { recursive: true });
  const held = join(folder, 'held');
  const descriptor = openSync(held, 'w');
  writeSync(descriptor, Buffer.alloc(BLOCK_BYTES * 2));
  rmSync(held);
  const listening = runIostat(5);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await dd('if=/dev/zero', `of=${path}`, `count=${String(WRITES)}`, 'oflag=direct');
  await dd(`if=${path}`, 'of=/dev/null', `count=${String(READS)}`, 'iflag=direct');
  iostat = await listening;
  expect(await recording.stop()).toBe(0);
  closeSync(descriptor);
});

afterAll(() => {
  execFileSync('losetup', ['--detach', `/dev/${disk}`]);
  rmdirSync(cgroup);
  remove(folder);
});

const totals = `SELECT sum(read_count) AS reads, sum(read_bytes) AS read_bytes, sum(write_count) AS writes,
  sum(write_bytes) AS write_bytes, sum(read_latency_ms_sum) * 1.0 / sum(read_count) AS read_await_ms,
  sum(write_latency_ms_sum) * 1.0 / sum(write_count) AS write_await_ms, sum(busy_ms) AS busy_ms
  FROM device_samples WHERE device = `;

it('every request to a disk of our own is in its samples, once', async () => {
  const [row] = await ask(database, `${totals}'${disk}'`);
  expect(row).toMatchObject({
    reads: READS,
    read_bytes: READS * BLOCK_BYTES,
    writes: WRITES,
    write_bytes: WRITES * BLOCK_BYTES,
  });
});

it('a running iostat says the same of it', async () => {
  if (!iostat) return;
  const [row] = await ask(database, `${totals}'${disk}'`);
  // Five seconds, give or take the hundredth iostat counts in.
  expect({
    reads: Math.round(iostat['r/s']! * 5),
    writes: Math.round(iostat['w/s']! * 5),
    read_await_ms: iostat['r_await'],
    write_await_ms: iostat['w_await'],
  }).toEqual({
    reads: READS,
    writes: WRITES,
    read_await_ms: Number(Number(row!['read_await_ms']).toFixed(2)),
    write_await_ms: Number(Number(row!['write_await_ms']).toFixed(2)),
  });
});

it('a container that does nothing is sampled', async () => {
  const rows = await ask(
    database,
    `SELECT DISTINCT cgroup_path, container FROM container_samples WHERE cgroup_path = '/docker/${CONTAINER_ID}'`,
  );
  expect(rows).toEqual([{ cgroup_path: `/docker/${CONTAINER_ID}`, container: CONTAINER_ID.slice(0, 12) }]);
});

it('the file system of the recording, its mount and its disk are described', async () => {
  const [filesystem] = await ask(
    database,
    `SELECT mount_point, size_bytes FROM filesystems WHERE holds LIKE '%recording%'`,
  );
  const [size] = execFileSync('df', ['--block-size=1', '--output=size', folder], { encoding: 'utf8' })
    .split('\n')
    .slice(1)
    .map(Number);
  expect(filesystem?.['size_bytes']).toBe(size);
  const mounts = await ask(
    database,
    `SELECT atime, fs_type FROM mounts WHERE mount_point = '${String(filesystem?.['mount_point'])}'`,
  );
  const [type] = execFileSync('findmnt', ['-no', 'FSTYPE', '--target', folder], { encoding: 'utf8' }).split(
    '\n',
  );
  expect(mounts[0]?.['fs_type']).toBe(type);
  const settings = await ask(
    database,
    `SELECT kind, size_bytes FROM device_settings WHERE device = '${disk}'`,
  );
  expect(settings).toEqual([{ kind: 'loop', size_bytes: 64 * 2 ** 20 }]);
});

it('a sampler that costs something says what, and none failed', async () => {
  const failed = await ask(
    database,
    `SELECT sampler, reason FROM sampler_coverage WHERE subject IN ('sampler', 'database')`,
  );
  expect(failed).toEqual([]);
  const costs = await ask(database, 'SELECT sampler FROM sampler_costs WHERE cpu_us > 0');
  expect(costs.length).toBeGreaterThan(5);
});
