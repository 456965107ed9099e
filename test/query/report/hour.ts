import { isFailure } from '../../../src/failure.ts';
import { bucketOf } from '../../../src/schema/buckets.ts';
import type { Db } from '../../../src/schema/open.ts';
import { openForWriting } from '../../../src/schema/open.ts';
import { wallUs } from '../../../src/schema/units.ts';

/** 2026-11-21T12:00:00Z, when the hour before the incident's begins. */
const START_US = 1_795_262_400_000_000;
const MINUTE_US = 60_000_000;
const HOUR = 60;
export const HOSTILE = '<img src=x onerror=alert(1)>"\'&\u202e</script>';

export const hour = {
  fromUs: wallUs(START_US + HOUR * MINUTE_US),
  toUs: wallUs(START_US + 2 * HOUR * MINUTE_US),
};
export const hourBefore = { fromUs: wallUs(START_US), toUs: hour.fromUs };

type Values = Readonly<Record<string, string | number | null>>;

const APPS = ['api', 'web', 'worker', 'cache', 'orders', 'ledger', 'search', 'mailer', 'auth', 'reports'];

/**
 * Two hours of a node with 100 containers, a minute an interval. From the 35th minute of the second on one of them
 * writes into its image's files and syncs without end, and whoever syncs on the same disk waits with it.
 */
export function recordHours(path: string, containers = 100): Db {
  const db = openForWriting(path);
  if (isFailure(db)) throw new Error(JSON.stringify(db));
  db.pragma('foreign_keys = OFF');
  db.pragma('synchronous = OFF');
  db.transaction(() => {
    describeNode(db, containers);
    for (let minute = 0; minute < 2 * HOUR; minute += 1) recordMinute(db, minute, containers);
    recordEvents(db);
  })();
  return db;
}

const statements = new WeakMap<Db, Map<string, ReturnType<Db['prepare']>>>();

function insert(db: Db, table: string, values: Values): number {
  const names = Object.keys(values);
  const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  const ofDb = statements.get(db) ?? new Map<string, ReturnType<Db['prepare']>>();
  const statement = ofDb.get(sql) ?? db.prepare(sql);
  statements.set(db, ofDb.set(sql, statement));
  return Number(statement.run(...Object.values(values)).lastInsertRowid);
}

const nameOf = (container: number): string =>
  container === 3
    ? HOSTILE
    : `${APPS[container % APPS.length]!}-${String(Math.floor(container / APPS.length))}`;

function describeNode(db: Db, containers: number): void {
  insert(db, 'session_record', {
    ...{ session_id: 1, boot_id: 'boot', host: 'node-a', pid: 1, started_us: START_US },
    ...{
      alive_us: START_US + 2 * HOUR * MINUTE_US,
      iotrace_version: '0.1.0',
      kernel_release: '6.12.9-cloud-amd64',
    },
    ...{ bpftrace_version: '0.23.2', cpu_count: 8, interval_ms: 60_000, slow_ns: 10_000_000, plan: '[]' },
  });
  const proof = { session_id: 1, fix: null, checked_us: START_US };
  for (const probe of ['fsync', 'copy_up', 'block', 'file_io', 'throttle']) {
    insert(db, 'coverage_record', { ...proof, probe, subject: probe, state: 'seen', reason: '' });
  }
  const reason = 'attached, but nothing here could try it';
  insert(db, 'coverage_record', { ...proof, probe: 'fsync', subject: 'io_uring', state: 'unproven', reason });
  insert(db, 'device', { device_key: 1, major: 259, minor: 0, name: 'nvme0n1' });
  insert(db, 'device_disk', { device: 'nvme0n1', disk: 'nvme0n1' });
  for (let each = 0; each < containers; each += 1) describeContainer(db, each);
}

function describeContainer(db: Db, each: number): void {
  const key = each + 1;
  insert(db, 'container', {
    ...{ container_key: key, runtime: 'containerd', container_id: `id-${String(each)}`, name: nameOf(each) },
    ...{
      pod: `${APPS[each % APPS.length]!}-${String(each)}`,
      namespace: each % 3 === 0 ? 'payments' : 'shop',
    },
    first_seen_us: START_US,
  });
  const path = `/kubepods/pod${String(each)}/${String(each)}`;
  insert(db, 'cgroup', { cgroup_key: key, session_id: 1, cgroup_id: 1000 + each, path, container_key: key });
  insert(db, 'process', {
    process_key: key,
    session_id: 1,
    pid: 4000 + each,
    name: APPS[each % APPS.length]!,
  });
  insert(db, 'file', {
    ...{ file_key: key, session_id: 1, dev: 1, inode: each, name_hash: 0, container_key: key, device_key: 1 },
    ...{ path: `/var/lib/${APPS[each % APPS.length]!}/data/journal-${String(each)}.wal`, state: 'known' },
    ...{
      class: each % 4 === 0 ? 'postgres_wal' : 'other',
      place: each === 7 ? 'writable_layer' : 'volume_csi',
    },
  });
}

/** The same numbers at each run. */
const wobble = (minute: number, each: number): number =>
  1 + 0.35 * Math.sin(minute / 7 + each) * Math.cos(minute / 3);

const isIncident = (minute: number): boolean => minute >= HOUR + 35 && minute < HOUR + 52;
const CULPRIT = 7;

function recordMinute(db: Db, minute: number, containers: number): void {
  const started_us = START_US + minute * MINUTE_US;
  const ended_us = started_us + MINUTE_US;
  const interval_id = insert(db, 'interval', {
    ...{ session_id: 1, started_us, ended_us, stored_op_count: 1, kernel_op_count: 1, row_count: 1 },
    ...{
      daemon_cpu_us: 1,
      daemon_rss_bytes: 1,
      bpftrace_cpu_us: 1,
      bpftrace_rss_bytes: 1,
      database_bytes: 1,
    },
  });
  for (let each = 0; each < containers; each += 1) {
    const slowed = isIncident(minute) ? 6 : 1;
    const storm = isIncident(minute) && each === CULPRIT ? 60 : 1;
    const size = 1 / (1 + each / 4);
    const rate = wobble(minute, each) * size;
    count(db, interval_id, each, {
      op_id: 1,
      ops: 900 * rate * storm,
      ns: 2.2e6 * slowed * wobble(minute, 2 * each),
      size: 0,
    });
    count(db, interval_id, each, {
      op_id: 8,
      ops: 9000 * rate,
      ns: 9e3 * wobble(minute, each),
      size: 16_384,
    });
    count(db, interval_id, each, { op_id: 5, ops: 700 * rate * storm, ns: 0.7e6 * slowed, size: 65_536 });
  }
  recordSamples(db, minute, insert(db, 'tick', { session_id: 1, started_us, ended_us }));
}

/** Shares of the operations at multiples of the usual latency. */
const SPREAD = [
  [0.35, 0.03],
  [0.5, 0.1],
  [0.7, 0.2],
  [1, 0.3],
  [1.4, 0.2],
  [2, 0.1],
  [4, 0.05],
  [16, 0.02],
] as const;

type Work = { readonly op_id: number; readonly ops: number; readonly ns: number; readonly size: number };

function count(db: Db, interval_id: number, each: number, { op_id, ops, ns, size }: Work): void {
  const keys = { interval_id, op_id, variant: op_id === 1 ? 1 : 0, cgroup_key: each + 1 };
  const parts = SPREAD.map(([factor, share]) => ({
    latency: Math.round(ns * factor),
    op_count: Math.round(ops * share),
  }));
  const found = parts.filter(({ op_count }) => op_count > 0);
  const op_count = found.reduce((sum, part) => sum + part.op_count, 0);
  if (op_count === 0) return;
  insert(db, 'total', {
    ...{ ...keys, process_key: each + 1, file_key: each + 1, op_count, error_count: 0 },
    ...{
      size_bytes_sum: op_count * size,
      latency_ns_sum: found.reduce((sum, part) => sum + part.op_count * part.latency, 0),
    },
    ...{ latency_ns_max: Math.max(...found.map(({ latency }) => latency)), inner_latency_ns_sum: 0 },
  });
  const buckets = new Map<number, number>();
  for (const part of found) {
    const bucket = bucketOf(part.latency);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + part.op_count);
  }
  for (const [bucket, many] of buckets) {
    insert(db, 'bucket', { ...keys, device_key: 1, bucket, op_count: many });
  }
}

function recordSamples(db: Db, minute: number, tick_id: number): void {
  const busy = isIncident(minute) ? 0.985 : 0.32 * wobble(minute, 1);
  const writes = Math.round((isIncident(minute) ? 14_000 : 5000) * wobble(minute, 3));
  insert(db, 'device_sample', {
    ...{
      tick_id,
      device_key: 1,
      read_count: 900,
      read_merged_count: 0,
      read_bytes: 900 * 16_384,
      read_ms: 540,
    },
    ...{
      write_count: writes,
      write_merged_count: 0,
      write_bytes: writes * 32_768,
      write_ms: writes * (isIncident(minute) ? 9 : 1),
    },
    ...{
      in_flight_count: 1,
      busy_ms: Math.round(60_000 * busy),
      queue_ms: Math.round(writes * (isIncident(minute) ? 40 : 1)),
    },
  });
  insert(db, 'host_sample', {
    ...{
      tick_id,
      cpu_ticks: 48_000,
      iowait_ticks: Math.round(48_000 * busy * 0.2),
      user_ticks: 9000,
      system_ticks: 4000,
    },
    ...{ io_some_us: Math.round(MINUTE_US * busy * 0.5), io_full_us: Math.round(MINUTE_US * busy * 0.2) },
    ...{ memory_some_us: Math.round(400_000 * wobble(minute, 5)), memory_full_us: 0 },
    ...{ dirty_bytes: Math.round(200e6 * wobble(minute, 6)), writeback_bytes: 1e6, dirty_limit_bytes: 3e9 },
    ...{ swap_in_bytes: 0, swap_out_bytes: 0, swap_used_bytes: 0 },
  });
}

function recordEvents(db: Db): void {
  const at = (minute: number): number => START_US + (HOUR + minute) * MINUTE_US + 7_000_000;
  for (let index = 0; index < 300; index += 1) {
    const each = index % 23;
    insert(db, 'exemplar', {
      ...{ session_id: 1, ended_us: at(35 + (index % 17)), op_id: 1, variant: 1, cgroup_key: each + 1 },
      ...{ process_key: each + 1, tid: 4000 + each, thread: 'main', file_key: each + 1, size_bytes: 0 },
      ...{ latency_ns: 12e6 + 700_000 * index, inner_latency_ns: 0, error: 0 },
    });
  }
  for (const minute of [34, 35, 36, 41]) {
    insert(db, 'exemplar', {
      ...{
        session_id: 1,
        ended_us: at(minute),
        op_id: 2,
        variant: 0,
        cgroup_key: CULPRIT + 1,
        process_key: CULPRIT + 1,
      },
      ...{ tid: 1, thread: 'main', file_key: CULPRIT + 1, size_bytes: 24 * 2 ** 20, latency_ns: 180e6 },
      ...{ inner_latency_ns: 0, error: 0 },
    });
  }
  insert(db, 'kernel_message', {
    ...{
      boot_id: 'boot',
      sequence: 1,
      session_id: 1,
      logged_us: at(47),
      level: 4,
      topic: 'hung_task',
      device: null,
    },
    message: `INFO: task ${HOSTILE}:4711 blocked for more than 120 seconds.`,
  });
  insert(db, 'loss_record', {
    ...{ session_id: 1, started_us: at(40), ended_us: at(41), kind: 'exemplars_suppressed', op_id: 1 },
    ...{ lost_count: 124, detail: null },
  });
}
