import type { Db } from '../../src/schema/open.ts';
import { createClassifier } from '../../src/schema/classify.ts';
import { operations } from '../../src/schema/probes/index.ts';
import { bucketOf } from '../../src/schema/buckets.ts';
import { freshRecording } from './fresh.ts';

/** 2026-11-21T12:00:00Z in µs: when every recording of the tests begins. */
export const NOON_US = 1_795_262_400_000_000;

const SECOND_US = 1_000_000;

export type Who = {
  readonly container?: string;
  readonly pod?: string;
  readonly namespace?: string;
  readonly cgroup?: string | null;
  readonly process?: string;
  readonly pid?: number;
};

export type What = {
  readonly op: string;
  readonly variant?: number;
  readonly file?: string | null;
  readonly host_path?: string | null;
  readonly device?: string;
  /** Latency in ns of each single operation. */
  readonly latencies: readonly number[];
  readonly size_bytes?: number;
  readonly errors?: number;
};

const classify = createClassifier();

/** As the daemon does with what these few facts tell. */
function classOf(
  { file, host_path }: What,
  isInContainer: boolean,
): Record<'class' | 'place', string | null> {
  if (file === null) return { class: null, place: null };
  const { class: name, place } = classify({
    path: file ?? '/data/db',
    hostPath: host_path ?? null,
    state: 'known',
    isInContainer,
    layer: isInContainer && host_path?.includes('/snapshots/') === true ? 'writable' : null,
    isBound: false,
    fsType: 'ext4',
    isDirectory: false,
    hasBeside: () => false,
  });
  return { class: name, place };
}

/** A recording made by plain SQL, as the daemon makes one, for reports to read. */
export class Recording {
  readonly db: Db;
  readonly sessionId: number;

  constructor(path = ':memory:', session: Readonly<Record<string, string | number | null>> = {}) {
    this.db = freshRecording(path);
    this.sessionId = this.session(session);
  }

  session(overrides: Readonly<Record<string, string | number | null>> = {}): number {
    return this.#insert('session_record', {
      boot_id: 'boot-1',
      host: 'node-a',
      pid: 4242,
      started_us: NOON_US,
      alive_us: NOON_US + 600 * SECOND_US,
      ended_us: NOON_US + 600 * SECOND_US,
      ended_how: 'told to end',
      iotrace_version: '0.1.0',
      kernel_release: '6.12.9-cloud-amd64',
      bpftrace_version: '0.23.2',
      cpu_count: 2,
      interval_ms: 5000,
      slow_ns: 10_000_000,
      plan: JSON.stringify([
        { probe: 'fsync', fragment: 'fsync.kfunc.bt', reasons: ['fentry works here'] },
        { probe: 'copy_up', fragment: null, reasons: ['no kprobes'] },
      ]),
      ...overrides,
    });
  }

  /** The interval of five seconds that begins `second` seconds after noon; returns its interval_id. */
  interval(second: number, overrides: Readonly<Record<string, number>> = {}): number {
    return this.#insert('interval', {
      session_id: this.sessionId,
      started_us: NOON_US + second * SECOND_US,
      ended_us: NOON_US + (second + 5) * SECOND_US,
      stored_op_count: 100,
      kernel_op_count: 100,
      row_count: 10,
      daemon_cpu_us: 20_000,
      daemon_rss_bytes: 64 * 2 ** 20,
      bpftrace_cpu_us: 55_000,
      bpftrace_rss_bytes: 110 * 2 ** 20,
      database_bytes: 2 * 2 ** 20,
      ...overrides,
    });
  }

  /** Operations of one interval: a row of totals and their buckets. */
  operations(intervalId: number, who: Who, what: What): void {
    const keys = this.#keys(who, what);
    const { latencies } = what;
    this.#insert('total', {
      interval_id: intervalId,
      op_id: keys.op_id,
      variant: keys.variant,
      cgroup_key: keys.cgroup_key,
      process_key: keys.process_key,
      file_key: keys.file_key,
      op_count: latencies.length,
      error_count: what.errors ?? 0,
      size_bytes_sum: what.size_bytes ?? 0,
      latency_ns_sum: latencies.reduce((sum, each) => sum + each, 0),
      latency_ns_max: Math.max(...latencies),
      inner_latency_ns_sum: 0,
    });
    const add = this.db.prepare(
      `INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?, 1)
       ON CONFLICT DO UPDATE SET op_count = op_count + 1`,
    );
    for (const latency of latencies) {
      add.run(intervalId, keys.op_id, keys.variant, keys.cgroup_key, keys.device_key, bucketOf(latency));
    }
  }

  /** One exemplar that ended `second` seconds after noon. */
  exemplar(second: number, who: Who, what: What, error = 0): void {
    const { op_id, variant, cgroup_key, process_key, file_key } = this.#keys(who, what);
    this.#insert('exemplar', {
      session_id: this.sessionId,
      ended_us: NOON_US + second * SECOND_US,
      op_id,
      variant,
      cgroup_key,
      process_key,
      tid: (who.pid ?? 1) + 1,
      thread: who.process ?? 'thread',
      file_key,
      size_bytes: what.size_bytes ?? 0,
      latency_ns: what.latencies[0] ?? 0,
      inner_latency_ns: 0,
      error,
    });
  }

  /** The owner's requests in one slot of the view `inflight`, which began that many ms after noon. */
  inflight(startedMs: number, who: Who, inflightMs: number, device = 'vda'): void {
    const container_key = this.#container(who);
    const path = who.cgroup ?? `/pods/${who.container ?? 'none'}`;
    this.#insert('inflight_slot', {
      session_id: this.sessionId,
      started_us: NOON_US + startedMs * 1000,
      device_key: this.#once('device', { major: 8, minor: 0, name: device }),
      cgroup_key: this.#once('cgroup', { session_id: this.sessionId, path, container_key }, 'cgroup_id'),
      inflight_ns: inflightMs * 1e6,
    });
  }

  /** The disk that a device's data is on. */
  disk(device: string, disk: string): void {
    this.#insert('device_disk', { device, disk });
  }

  proof(probe: string, subject: string, state: string, reason = '', fix: string | null = null): void {
    const values = { session_id: this.sessionId, probe, subject, state, reason, fix, checked_us: NOON_US };
    this.#insert('coverage_record', values);
  }

  lost(second: number, kind: string, lost_count: number): void {
    const started_us = NOON_US + second * SECOND_US;
    const ended_us = started_us + 5 * SECOND_US;
    const values = {
      session_id: this.sessionId,
      started_us,
      ended_us,
      kind,
      op_id: null,
      lost_count,
      detail: null,
    };
    this.#insert('loss_record', values);
  }

  #keys(who: Who, what: What) {
    const operation = operations.find(({ name }) => name === what.op);
    if (!operation) throw new Error(`no operation ${what.op}`);
    const container_key = this.#container(who);
    const device_key = this.#once('device', { major: 8, minor: 0, name: what.device ?? 'vda' });
    const path = who.cgroup === undefined ? `/${who.pod ?? 'run'}/${who.container ?? 'init'}` : who.cgroup;
    return {
      op_id: operation.id,
      variant: what.variant ?? 0,
      device_key,
      cgroup_key: this.#once('cgroup', { session_id: this.sessionId, path, container_key }, 'cgroup_id'),
      process_key: this.#once('process', {
        session_id: this.sessionId,
        pid: who.pid ?? 1,
        name: who.process ?? 'init',
      }),
      file_key: this.#once(
        'file',
        {
          session_id: this.sessionId,
          dev: 1,
          name_hash: 0,
          container_key,
          device_key,
          path: what.file === undefined ? '/data/db' : what.file,
          host_path: what.host_path ?? null,
          state: 'known',
          ...classOf(what, container_key !== null),
        },
        'inode',
      ),
    };
  }

  #container({ container, pod, namespace }: Who): number | null {
    if (container === undefined) return null;
    const identity = {
      runtime: 'containerd',
      name: container,
      pod: pod ?? null,
      namespace: namespace ?? null,
    };
    return this.#once('container', { ...identity, first_seen_us: NOON_US }, 'container_id');
  }

  /** The key of the row with these values, made when it is not there; `serial` gets a number of its own. */
  #once(table: string, values: Readonly<Record<string, string | number | null>>, serial?: string): number {
    const names = Object.keys(values);
    const where = names.map((name) => `${name} IS ?`).join(' AND ');
    const found = this.db
      .prepare<unknown[], number>(`SELECT ${table}_key FROM ${table} WHERE ${where}`)
      .pluck()
      .get(...Object.values(values));
    if (found !== undefined) return found;
    if (serial === undefined) return this.#insert(table, values);
    const count = this.db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
    return this.#insert(table, {
      ...values,
      [serial]: table === 'container' ? `id-${String(count)}` : 1000 + count,
    });
  }

  #insert(table: string, values: Readonly<Record<string, string | number | null>>): number {
    const names = Object.keys(values);
    const marks = names.map(() => '?').join(', ');
    const { lastInsertRowid } = this.db
      .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`)
      .run(...Object.values(values));
    return Number(lastInsertRowid);
  }
}
