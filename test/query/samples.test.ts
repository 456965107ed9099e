import { expect, test } from 'vitest';
import { deleted } from '../../src/query/reports/deleted.ts';
import { devices } from '../../src/query/reports/devices.ts';
import { filesystems } from '../../src/query/reports/filesystems.ts';
import { sampling } from '../../src/query/reports/sampling.ts';
import { wallUs } from '../../src/schema/units.ts';
import { NOON_US, Recording } from './recording.ts';
import { Samples } from './samples.ts';

const window = { fromUs: wallUs(NOON_US), toUs: wallUs(NOON_US + 600e6) };

function recorded() {
  const recording = new Recording();
  return { recording, samples: new Samples(recording), db: recording.db };
}

test('rates of a window are of the time sampled in it, means of the operations in it', () => {
  const { samples, db } = recorded();
  const busy = { read_count: 100, read_bytes: 409_600, read_ms: 50, busy_ms: 4900, queue_ms: 10_000 };
  samples.disk(samples.tick(0), 'vda', busy);
  samples.disk(samples.tick(5), 'vda', {
    write_count: 23,
    write_bytes: 23 * 4096,
    write_ms: 230,
    busy_ms: 100,
  });
  const { rows } = devices(db, window);
  expect(rows).toEqual([
    {
      device: 'vda',
      reads_per_s: 10,
      writes_per_s: 2.3,
      flushes_per_s: 0,
      read_kib_per_s: 40,
      write_kib_per_s: 9.2,
      read_await_ms: 0.5,
      write_await_ms: 10,
      flush_await_ms: null,
      queue_length_mean: 1,
      util_percent: 50,
      util_percent_max: 98,
      traced_op_count: null,
      queue_latency_ns_mean: null,
      device_latency_ns_mean: null,
    },
  ]);
});

test('traced requests stand beside the samples of their disk, and alone where nothing was sampled', () => {
  const { recording, samples, db } = recorded();
  samples.disk(samples.tick(0), 'vda', { read_count: 1, busy_ms: 10 });
  samples.disk(samples.tick(5), 'vdb', {});
  const flush = recording.interval(0);
  recording.operations(flush, {}, { op: 'block_read', device: 'vda', latencies: [100, 300] });
  const rows = devices(db, window).rows.map(({ device, util_percent, traced_op_count }) => ({
    device,
    util_percent,
    traced_op_count,
  }));
  expect(rows).toEqual([{ device: 'vda', util_percent: 0.2, traced_op_count: 2 }]);
  db.exec('DELETE FROM device_sample');
  expect(devices(db, window).rows).toMatchObject([{ device: 'vda', util_percent: null, traced_op_count: 2 }]);
});

test('the host: shares are of the time in which they were sampled', () => {
  const { samples, db } = recorded();
  samples.host(samples.tick(0), { cpu_ticks: 100, iowait_ticks: 40, io_some_us: 1_000_000, dirty_bytes: 5 });
  samples.host(samples.tick(5), { cpu_ticks: null, iowait_ticks: null, io_some_us: 0, dirty_bytes: 9 });
  expect(devices(db, window).host).toEqual({
    iowait_percent: 40,
    io_some_percent: 10,
    io_full_percent: null,
    dirty_bytes_max: 9,
    dirty_limit_bytes: null,
  });
});

test('a file system as last sampled, with what changed since the first sample; the fullest first', () => {
  const { samples, db } = recorded();
  samples.filesystem(0, '/', { free_bytes: 600, inode_free_count: 95 });
  samples.filesystem(60, '/', { free_bytes: 500, inode_free_count: 93 });
  samples.filesystem(60, '/upper', { inode_free_count: 1, device_key: samples.device('vdb') });
  samples.filesystem(60, '/btrfs', { inode_count: null, inode_free_count: null, available_bytes: 9500 });
  expect(
    filesystems(db, window).map((row) => [
      row.mount_point,
      row.used_bytes_change,
      row.inode_used_count_change,
      row.inode_used_percent,
    ]),
  ).toEqual([
    ['/upper', 0, 0, 99],
    ['/', 100, 2, 7],
    ['/btrfs', 0, null, null],
  ]);
});

test('a deleted file once, as seen last, with when it was first and last seen', () => {
  const { samples, db } = recorded();
  samples.deleted(0, '/log', { allocated_bytes: 1000 });
  samples.deleted(300, '/log', { allocated_bytes: 3000 });
  samples.deleted(300, '/small', { inode: 13, allocated_bytes: 5 });
  const query = { window, container: undefined };
  expect(
    deleted(db, query).map(({ path, process, allocated_bytes, first_seen_us, last_seen_us }) => ({
      path,
      process,
      allocated_bytes,
      first_s: (first_seen_us - NOON_US) / 1e6,
      last_s: (last_seen_us - NOON_US) / 1e6,
    })),
  ).toEqual([
    { path: '/log', process: 'java', allocated_bytes: 3000, first_s: 0, last_s: 300 },
    { path: '/small', process: 'java', allocated_bytes: 5, first_s: 300, last_s: 300 },
  ]);
  expect(deleted(db, { window, container: 'other' })).toEqual([]);
});

test('what could not be sampled, and what did not run, is told of the latest session in the window', () => {
  const { samples, db } = recorded();
  samples.tick(0);
  samples.coverage('pressure');
  samples.coverage('pressure', '/proc/pressure/io', 'missing', 'this kernel has no such file');
  expect(sampling(db, window, ['pressure', 'diskstats'])).toMatchObject({
    gaps: [{ sampler: 'pressure', subject: '/proc/pressure/io', state: 'missing' }],
    absent: ['diskstats'],
  });
});

test.each([
  ['device_samples', 'tick_ended'],
  ['host_samples', 'tick_ended'],
  ['container_samples', 'tick_ended'],
])('%s of a window are found by time', (view, index) => {
  const { db } = recorded();
  const plan = db
    .prepare<[number, number], { detail: string }>(
      `EXPLAIN QUERY PLAN SELECT * FROM ${view} WHERE ended_us > ? AND started_us < ?`,
    )
    .all(window.fromUs, window.toUs)
    .map(({ detail }) => detail);
  expect(plan[0]).toContain(`tick USING INDEX ${index}`);
  expect(plan.slice(1).filter((line) => line.startsWith('SCAN'))).toEqual([]);
});
