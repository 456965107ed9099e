import type { Diagnosis, DiagnoseQuery, Ranked } from '../../../src/query/findings/diagnose.ts';
import { diagnose } from '../../../src/query/findings/diagnose.ts';
import { bucketOf } from '../../../src/schema/buckets.ts';
import type { Db } from '../../../src/schema/open.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { freshRecording } from '../fresh.ts';

/** 2026-11-21T12:00:00Z: the incident begins; ten minutes before and after it are recorded. */
export const START_US = 1_795_262_400_000_000;
const MINUTE_US = 60_000_000;
const MINUTES = 10;

export type When = 'before' | 'window';

export type Who = {
  readonly container?: string;
  readonly pod?: string;
  readonly namespace?: string;
  readonly cgroup?: string;
};

export type Work = {
  readonly op: string;
  readonly variant?: string;
  readonly per_s: number;
  /** Of most operations, and of one in fifty. */
  readonly latency_ns?: number;
  readonly tail_ns?: number;
  readonly inner_ns?: number;
  readonly size_bytes?: number;
  readonly errors_per_s?: number;
  readonly file?: string;
  readonly class?: string;
  readonly place?: string;
  readonly device?: string;
  readonly process?: string;
};

type Keys = Readonly<
  Record<'op_id' | 'variant' | 'device_key' | 'cgroup_key' | 'process_key' | 'file_key', number>
>;

type Values = Readonly<Record<string, string | number | null>>;

/** Operations the schema of a later probe names. */
const OPS: Readonly<Record<string, readonly [id: number, probe: string]>> = {
  fsync: [1, 'fsync'],
  copy_up: [2, 'copy_up'],
  copy_up_dir: [3, 'copy_up'],
  block_read: [4, 'block'],
  block_write: [5, 'block'],
  block_flush: [6, 'block'],
  block_discard: [7, 'block'],
  read: [8, 'file_io'],
  write: [9, 'file_io'],
  open: [10, 'file_io'],
  journal_commit: [20, 'journal'],
  journal_wait: [21, 'journal'],
  throttle_dirty: [22, 'throttle'],
  throttle_block: [23, 'throttle'],
};

/** A recording with an incident in it, made by plain SQL in a database of the real migrations. */
export class Incident {
  readonly db: Db;
  readonly #flushes: Readonly<Record<When, number[]>>;
  readonly #ticks: Readonly<Record<When, number[]>>;

  /** Without `hasBaseline` nothing was recorded before. */
  constructor({ hasBaseline = true, path = ':memory:' } = {}) {
    this.db = freshRecording(path);
    this.db.pragma('foreign_keys = OFF');
    const firstUs = START_US - (hasBaseline ? MINUTES : 0) * MINUTE_US;
    const lastUs = START_US + MINUTES * MINUTE_US;
    this.#insert('session_record', {
      session_id: 1,
      ...{
        boot_id: 'b',
        host: 'node-a',
        pid: 1,
        started_us: firstUs,
        alive_us: lastUs,
        iotrace_version: '0',
      },
      ...{ kernel_release: '6.12', bpftrace_version: '0.23', cpu_count: 2, interval_ms: 60_000 },
      ...{ slow_ns: 10_000_000, plan: '[]' },
    });
    for (const probe of ['fsync', 'copy_up', 'block', 'file_io', 'journal', 'throttle']) {
      this.#insert('coverage_record', {
        session_id: 1,
        probe,
        subject: probe,
        state: 'seen',
        reason: '',
        fix: null,
        checked_us: firstUs,
      });
    }
    const minutes = (fromUs: number, table: (startedUs: number) => number): number[] =>
      Array.from({ length: MINUTES }, (_, minute) => table(fromUs + minute * MINUTE_US));
    const beforeUs = START_US - MINUTES * MINUTE_US;
    this.#flushes = {
      before: hasBaseline ? minutes(beforeUs, (us) => this.#flush(us)) : [],
      window: minutes(START_US, (us) => this.#flush(us)),
    };
    this.#ticks = {
      before: hasBaseline ? minutes(beforeUs, (us) => this.#tick(us)) : [],
      window: minutes(START_US, (us) => this.#tick(us)),
    };
  }

  /** Work done in every second of the period. */
  does(when: When, who: Who, work: Work): this {
    const keys = this.#keysOf(who, work);
    for (const interval_id of this.#flushes[when]) this.#count(interval_id, keys, work);
    return this;
  }

  /** The same before and in the window. */
  always(who: Who, work: Work): this {
    return this.does('before', who, work).does('window', who, work);
  }

  /** What the counters of a disk grew by in each second. */
  disk(
    when: When,
    device: string,
    sample: { reads?: number; writes?: number; busy_ms: number; request_ms: number },
  ): this {
    const { reads = 0, writes = 0, busy_ms, request_ms } = sample;
    for (const tick_id of this.#ticks[when]) {
      this.#insert('device_sample', {
        ...{ tick_id, device_key: this.#device(device), read_count: reads * 60, read_merged_count: 0 },
        ...{ read_bytes: reads * 60 * 4096, read_ms: reads * 60 * request_ms, write_count: writes * 60 },
        ...{ write_merged_count: 0, write_bytes: writes * 60 * 4096, write_ms: writes * 60 * request_ms },
        ...{ in_flight_count: 0, busy_ms: busy_ms * 60, queue_ms: (reads + writes) * 60 * request_ms },
      });
    }
    return this;
  }

  /** What the host's counters grew by in each second. */
  host(
    when: When,
    sample: { swap_in_bytes?: number; swap_out_bytes?: number; dirty_bytes?: number } = {},
  ): this {
    const { swap_in_bytes = 0, swap_out_bytes = 0, dirty_bytes = 0 } = sample;
    for (const tick_id of this.#ticks[when]) {
      this.#insert('host_sample', {
        ...{ tick_id, cpu_ticks: 12_000, iowait_ticks: 100, swap_used_bytes: 0 },
        ...{ swap_in_bytes: swap_in_bytes * 60, swap_out_bytes: swap_out_bytes * 60 },
        ...{ dirty_bytes, writeback_bytes: 0, dirty_limit_bytes: 2 ** 30 },
      });
    }
    return this;
  }

  filesystem(
    mount_point: string,
    { used, inodes, size_bytes = 10e9 }: { used: number; inodes: number; size_bytes?: number },
  ): this {
    return this.#add('filesystem_sample', {
      ...{
        session_id: 1,
        sampled_us: START_US + MINUTE_US,
        device_key: this.#device('vda'),
        mount_point,
        fs_type: 'ext4',
      },
      ...{ holds: 'writable layers', size_bytes, free_bytes: Math.round(size_bytes * (1 - used)) },
      ...{ available_bytes: Math.round(size_bytes * (1 - used)) },
      ...{ inode_count: 100_000, inode_free_count: Math.round(100_000 * (1 - inodes)) },
    });
  }

  upperdir(who: Who, file_count: number): this {
    const container_key = this.#container(who);
    const values = {
      session_id: 1,
      sampled_us: START_US + MINUTE_US,
      upperdir: `/snapshots/${String(container_key)}/fs`,
    };
    return this.#add('upperdir_sample', {
      ...values,
      container_key,
      file_count,
      directory_count: 1,
      is_complete: 1,
    });
  }

  mount(mount_point: string, atime: string): this {
    return this.#add('mount_state', {
      ...{
        session_id: 1,
        since_us: START_US - MINUTE_US,
        mount_point,
        root: '/',
        fs_type: 'ext4',
        source: '/dev/vda',
      },
      ...{
        device_key: this.#device('vda'),
        is_read_only: 0,
        atime,
        has_diratime: 1,
        is_discarding: 0,
        options: '',
      },
    });
  }

  /** A limit, what was done under it, and in the minutes of the window before it was set. */
  limit(who: Who, writes_per_s_max: number, done_per_s: number, before: readonly number[] = []): this {
    const cgroup_key = this.#cgroup(who);
    const device_key = this.#device('vda');
    for (const [minute, tick_id] of this.#ticks.window.entries()) {
      const write_count = (before[minute] ?? done_per_s) * 60;
      this.#insert('cgroup_device_sample', {
        ...{ tick_id, cgroup_key, device_key, read_count: 0, read_bytes: 0, write_count },
        ...{ write_bytes: write_count * 4096, discard_count: 0, discard_bytes: 0 },
      });
    }
    return this.#add('limit_state', {
      session_id: 1,
      since_us: START_US + before.length * MINUTE_US,
      cgroup_key,
      device_key,
      writes_per_s_max,
    });
  }

  kernelLog(message: string, level = 3): this {
    const values = { boot_id: 'b', sequence: 1, session_id: 1, logged_us: START_US + MINUTE_US };
    return this.#add('kernel_message', { ...values, level, topic: 'block', device: 'vda', message });
  }

  deleted(who: Who, path: string, allocated_bytes: number): this {
    const keys = {
      cgroup_key: this.#cgroup(who),
      process_key: this.#process('java'),
      device_key: this.#device('vda'),
    };
    return this.#add('deleted_file', {
      ...{
        session_id: 1,
        sampled_us: START_US + MINUTE_US,
        ...keys,
        inode: 7,
        path,
        size_bytes: allocated_bytes,
      },
      ...{ allocated_bytes, held_by: 'fd 3', holder_count: 1 },
    });
  }

  /** Single slow operations, one a second from the beginning of the window, each of them that long. */
  slow(who: Who, work: Pick<Work, 'op' | 'latency_ns' | 'file'>, count: number): this {
    const { op_id, variant, cgroup_key, process_key, file_key } = this.#keysOf(who, work);
    for (let second = 1; second <= count; second += 1) {
      this.#insert('exemplar', {
        ...{
          session_id: 1,
          ended_us: START_US + second * 1_000_000,
          op_id,
          variant,
          cgroup_key,
          process_key,
          tid: 1,
        },
        ...{
          thread: 't',
          file_key,
          size_bytes: 0,
          latency_ns: work.latency_ns ?? 0,
          inner_latency_ns: 0,
          error: 0,
        },
      });
    }
    return this;
  }

  /** I/O in flight in the 100 ms before each of the first seconds of the window ends. */
  inFlight(who: Who, inflight_ns: number, count: number): this {
    const cgroup_key = this.#cgroup(who);
    const device_key = this.#device('vda');
    for (let second = 1; second <= count; second += 1) {
      const started_us = START_US + second * 1_000_000 - 100_000;
      this.#insert('inflight_slot', { session_id: 1, started_us, device_key, cgroup_key, inflight_ns });
    }
    return this;
  }

  /** I/O in flight in the 100 ms that begin so many seconds into the window. */
  inFlightAt(who: Who, second: number, inflight_ns: number): this {
    const keys = { cgroup_key: this.#cgroup(who), device_key: this.#device('vda') };
    const started_us = Math.round(START_US + second * 1_000_000);
    return this.#add('inflight_slot', { session_id: 1, started_us, ...keys, inflight_ns });
  }

  /** A loss in the window; of one operation, or of nobody knows which. */
  lost(kind: string, op: string | null): this {
    const op_id = op === null ? null : (OPS[op]?.[0] ?? null);
    const times = { started_us: START_US, ended_us: START_US + MINUTE_US };
    return this.#add('loss_record', { session_id: 1, ...times, kind, op_id, lost_count: 1, detail: null });
  }

  /** A sampler looked, whether or not it found anything. */
  looked(...samplers: string[]): this {
    for (const sampler of samplers) {
      const values = { session_id: 1, started_us: START_US, ended_us: START_US + MINUTE_US, sampler };
      this.#insert('sampler_cost', { ...values, round_count: 1, row_count: 0, cpu_us: 1, cpu_us_max: 1 });
    }
    return this;
  }

  diagnose(query: Partial<DiagnoseQuery> = {}): Diagnosis {
    return diagnose(this.db, { ...whole(), ...query });
  }

  /** The finding of the rule, if it has one. */
  finding(rule: string): Ranked | undefined {
    return this.diagnose().findings.find((each) => each.rule === rule);
  }

  #add(table: string, values: Values): this {
    this.#insert(table, values);
    return this;
  }

  #flush(started_us: number): number {
    return this.#insert('interval', {
      ...{
        session_id: 1,
        started_us,
        ended_us: started_us + MINUTE_US,
        stored_op_count: 0,
        kernel_op_count: 0,
      },
      ...{
        row_count: 0,
        daemon_cpu_us: 0,
        daemon_rss_bytes: 0,
        bpftrace_cpu_us: 0,
        bpftrace_rss_bytes: 0,
        database_bytes: 0,
      },
    });
  }

  #tick(started_us: number): number {
    return this.#insert('tick', { session_id: 1, started_us, ended_us: started_us + MINUTE_US });
  }

  #keysOf(who: Who, work: Omit<Work, 'per_s'>): Keys {
    const [op_id, probe] = OPS[work.op] ?? [];
    if (op_id === undefined || probe === undefined) throw new Error(`no operation ${work.op}`);
    this.db.prepare('INSERT OR IGNORE INTO operation VALUES (?, ?, ?)').run(op_id, work.op, probe);
    const variant = work.variant === undefined ? 0 : this.#variant(op_id, work.variant);
    const device_key = this.#device(work.device ?? 'vda');
    const file = {
      ...{ session_id: 1, dev: 1, name_hash: 0, container_key: this.#container(who), device_key },
      ...{
        path: work.file ?? '/data/file',
        state: 'known',
        class: work.class ?? 'other',
        place: work.place ?? 'host',
      },
    };
    return {
      op_id,
      variant,
      device_key,
      cgroup_key: this.#cgroup(who),
      process_key: this.#process(work.process ?? 'app'),
      file_key: this.#once('file', file, 'inode'),
    };
  }

  #count(interval_id: number, keys: Keys, work: Work): void {
    const { latency_ns = 1e6, tail_ns = latency_ns, inner_ns = 0, size_bytes = 0 } = work;
    const { op_id, variant, cgroup_key, process_key, file_key, device_key } = keys;
    const op_count = Math.round(work.per_s * 60);
    const tail_count = Math.floor(op_count / 50);
    this.#insert('total', {
      ...{ interval_id, op_id, variant, cgroup_key, process_key, file_key, op_count },
      ...{ error_count: Math.round((work.errors_per_s ?? 0) * 60), size_bytes_sum: op_count * size_bytes },
      ...{ latency_ns_sum: (op_count - tail_count) * latency_ns + tail_count * tail_ns },
      ...{ latency_ns_max: tail_count > 0 ? tail_ns : latency_ns, inner_latency_ns_sum: op_count * inner_ns },
    });
    const add = this.db.prepare(
      `INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET op_count = op_count + excluded.op_count`,
    );
    for (const [latency, count] of [
      [latency_ns, op_count - tail_count],
      [tail_ns, tail_count],
    ] as const) {
      if (count > 0) add.run(interval_id, op_id, variant, cgroup_key, device_key, bucketOf(latency), count);
    }
  }

  #variant(op_id: number, name: string): number {
    const find = this.db.prepare<[number, string], number>(
      'SELECT variant FROM variant WHERE op_id = ? AND name = ?',
    );
    const found = find.pluck().get(op_id, name);
    if (found !== undefined) return found;
    const variant = 90 + (this.db.prepare<[], number>('SELECT count(*) FROM variant').pluck().get() ?? 0);
    this.#insert('variant', { op_id, variant, name });
    return variant;
  }

  #device(name: string): number {
    return this.#once('device', { major: 8, minor: 0, name });
  }

  #process(name: string): number {
    return this.#once('process', { session_id: 1, name }, 'pid');
  }

  #container({
    container,
    pod = null,
    namespace = null,
  }: {
    container?: string;
    pod?: string | null;
    namespace?: string | null;
  }): number | null {
    if (container === undefined) return null;
    return this.#once(
      'container',
      { runtime: 'containerd', name: container, pod, namespace, first_seen_us: START_US },
      'container_id',
    );
  }

  #cgroup(who: Who): number {
    const path = who.cgroup ?? `/kubepods/${who.pod ?? 'pod'}/${who.container ?? 'none'}`;
    return this.#once('cgroup', { session_id: 1, path, container_key: this.#container(who) }, 'cgroup_id');
  }

  #once(table: string, values: Values, serial?: string): number {
    const where = Object.keys(values)
      .map((name) => `${name} IS ?`)
      .join(' AND ');
    const found = this.db
      .prepare<unknown[], number>(`SELECT ${table}_key FROM ${table} WHERE ${where}`)
      .pluck()
      .get(...Object.values(values));
    if (found !== undefined) return found;
    const count = this.db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
    return this.#insert(table, serial === undefined ? values : { ...values, [serial]: 1000 + count });
  }

  #insert(table: string, values: Values): number {
    const names = Object.keys(values);
    // container_id is text, whatever it is.
    const given = names.map((name) => (name === 'container_id' ? String(values[name]) : values[name]));
    const { lastInsertRowid } = this.db
      .prepare(
        `INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      )
      .run(...given);
    return Number(lastInsertRowid);
  }
}

/** The window of the incident, and the ten minutes before it. */
function whole(): DiagnoseQuery {
  const at = (minute: number) => wallUs(START_US + minute * MINUTE_US);
  return {
    periods: {
      window: { fromUs: at(0), toUs: at(MINUTES) },
      baseline: { fromUs: at(-MINUTES), toUs: at(0) },
    },
    container: undefined,
  };
}
