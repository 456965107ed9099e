import type { Db } from '../../schema/open.ts';
import type { Window } from '../window.ts';

/** A disk over the window: what the kernel's own counters say, beside what was traced. */
export type DeviceRow = {
  device: string;
  reads_per_s: number | null;
  writes_per_s: number | null;
  flushes_per_s: number | null;
  read_kib_per_s: number | null;
  write_kib_per_s: number | null;
  read_await_ms: number | null;
  write_await_ms: number | null;
  flush_await_ms: number | null;
  queue_length_mean: number | null;
  util_percent: number | null;
  util_percent_max: number | null;
  traced_op_count: number | null;
  queue_latency_ns_mean: number | null;
  device_latency_ns_mean: number | null;
};

/** The keys of a row with their meanings: a contract, as are the names of views. */
export const deviceColumns = [
  ['device', 'the disk'],
  ['reads_per_s', 'iostat r/s over the window'],
  ['writes_per_s', 'iostat w/s'],
  ['flushes_per_s', 'iostat f/s; null where the kernel does not count flushes (before 5.5)'],
  ['read_kib_per_s', 'iostat rkB/s'],
  ['write_kib_per_s', 'iostat wkB/s'],
  ['read_await_ms', 'iostat r_await, ms; null without reads'],
  ['write_await_ms', 'iostat w_await, ms; null without writes'],
  ['flush_await_ms', 'iostat f_await, ms; null without flushes'],
  ['queue_length_mean', 'iostat aqu-sz'],
  ['util_percent', 'iostat %util'],
  ['util_percent_max', 'that of the busiest interval'],
  ['traced_op_count', 'requests iotrace traced; null: none'],
  ['queue_latency_ns_mean', 'mean time they waited in the scheduler, ns'],
  ['device_latency_ns_mean', 'mean time the device took for them, ns'],
] as const satisfies readonly (readonly [keyof DeviceRow, string])[];

/** What all disks share in the window; null where it was not sampled. */
export type HostIo = {
  readonly iowait_percent: number | null;
  readonly io_some_percent: number | null;
  readonly io_full_percent: number | null;
  readonly dirty_bytes_max: number | null;
  readonly dirty_limit_bytes: number | null;
};

export type DeviceReport = { readonly rows: readonly DeviceRow[]; readonly host: HostIo };

/** Every disk that did something in the window, the busiest first. */
export function devices(db: Db, { fromUs, toUs }: Window): DeviceReport {
  const values = { from_us: fromUs, to_us: toUs };
  return db.transaction(() => ({
    rows: db.prepare<[typeof values], DeviceRow>(DEVICES).all(values),
    host: db.prepare<[typeof values], HostIo>(HOST).get(values) ?? NOT_SAMPLED,
  }))();
}

const IN_WINDOW = 'ended_us > @from_us AND started_us < @to_us';

const DEVICES = `
  WITH sampled AS (
    SELECT device, sum(elapsed_us) / 1e6 AS elapsed_s,
      sum(read_count) AS reads, sum(write_count) AS writes, sum(flush_count) AS flushes,
      sum(read_bytes) / 1024.0 AS read_kib, sum(write_bytes) / 1024.0 AS write_kib,
      sum(read_latency_ms_sum) AS read_ms, sum(write_latency_ms_sum) AS write_ms,
      sum(flush_latency_ms_sum) AS flush_ms, sum(queue_ms) / 1e3 AS queue_s, sum(busy_ms) / 1e3 AS busy_s,
      max(util_percent) AS util_percent_max
    FROM device_samples WHERE ${IN_WINDOW} GROUP BY device),
  traced AS (
    SELECT device, sum(op_count) AS op_count,
      sum(queue_latency_ns_sum) AS queue_ns, sum(device_latency_ns_sum) AS device_ns
    FROM block WHERE ${IN_WINDOW} GROUP BY device)
  SELECT coalesce(sampled.device, traced.device) AS device,
    reads / elapsed_s AS reads_per_s, writes / elapsed_s AS writes_per_s, flushes / elapsed_s AS flushes_per_s,
    read_kib / elapsed_s AS read_kib_per_s, write_kib / elapsed_s AS write_kib_per_s,
    read_ms * 1.0 / nullif(reads, 0) AS read_await_ms, write_ms * 1.0 / nullif(writes, 0) AS write_await_ms,
    flush_ms * 1.0 / nullif(flushes, 0) AS flush_await_ms,
    queue_s / elapsed_s AS queue_length_mean, busy_s * 100 / elapsed_s AS util_percent, util_percent_max,
    op_count AS traced_op_count, queue_ns / op_count AS queue_latency_ns_mean,
    device_ns / op_count AS device_latency_ns_mean
  FROM sampled FULL JOIN traced ON traced.device = sampled.device
  WHERE reads + writes + ifnull(flushes, 0) > 0 OR busy_s > 0 OR op_count > 0
  ORDER BY util_percent DESC, traced_op_count DESC, device`;

const HOST = `
  SELECT sum(iowait_percent * elapsed_us) / sum(iif(iowait_percent IS NULL, NULL, elapsed_us)) AS iowait_percent,
    sum(io_some_us) * 100.0 / sum(iif(io_some_us IS NULL, NULL, elapsed_us)) AS io_some_percent,
    sum(io_full_us) * 100.0 / sum(iif(io_full_us IS NULL, NULL, elapsed_us)) AS io_full_percent,
    max(dirty_bytes) AS dirty_bytes_max, max(dirty_limit_bytes) AS dirty_limit_bytes
  FROM host_samples WHERE ${IN_WINDOW}`;

const NOT_SAMPLED: HostIo = {
  iowait_percent: null,
  io_some_percent: null,
  io_full_percent: null,
  dirty_bytes_max: null,
  dirty_limit_bytes: null,
};
