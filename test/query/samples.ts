import type { Recording } from './recording.ts';
import { NOON_US } from './recording.ts';

type Values = Readonly<Record<string, string | number | null>>;

const SECOND_US = 1_000_000;

/** What samplers write, by plain SQL, into a recording of the tests. */
export class Samples {
  readonly #recording: Recording;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** The tick of five seconds that begins `second` seconds after noon; returns its tick_id. */
  tick(second: number, seconds = 5): number {
    return this.#insert('tick', {
      session_id: this.#recording.sessionId,
      started_us: NOON_US + second * SECOND_US,
      ended_us: NOON_US + (second + seconds) * SECOND_US,
    });
  }

  disk(tick_id: number, device: string, values: Values): void {
    const nothing = Object.fromEntries(DISK_COLUMNS.map((column) => [column, 0]));
    this.#insert('device_sample', { tick_id, device_key: this.device(device), ...nothing, ...values });
  }

  host(tick_id: number, values: Values): void {
    this.#insert('host_sample', { tick_id, ...values });
  }

  filesystem(second: number, mount_point: string, values: Values): void {
    this.#insert('filesystem_sample', {
      session_id: this.#recording.sessionId,
      sampled_us: NOON_US + second * SECOND_US,
      device_key: this.device('vda'),
      mount_point,
      fs_type: 'ext4',
      holds: 'images',
      size_bytes: 1000,
      free_bytes: 500,
      available_bytes: 400,
      inode_count: 100,
      inode_free_count: 90,
      ...values,
    });
  }

  deleted(second: number, path: string, values: Values = {}): void {
    const { db, sessionId } = this.#recording;
    db.prepare(
      'INSERT OR IGNORE INTO process (process_key, session_id, pid, name) VALUES (77, ?, 77, ?)',
    ).run(sessionId, 'java');
    this.#insert('deleted_file', {
      session_id: sessionId,
      sampled_us: NOON_US + second * SECOND_US,
      process_key: 77,
      device_key: this.device('vda'),
      inode: 12,
      path,
      size_bytes: 1 << 20,
      allocated_bytes: 1 << 20,
      held_by: 'fd 7',
      holder_count: 1,
      ...values,
    });
  }

  /** What a sampler said of itself. */
  coverage(sampler: string, subject = sampler, state = 'seen', reason = ''): void {
    const session_id = this.#recording.sessionId;
    const values = { session_id, sampler, subject, state, reason, fix: null, checked_us: NOON_US };
    this.#insert('sampler_problem', values);
  }

  device(name: string): number {
    const minor = name.charCodeAt(2);
    const { db } = this.#recording;
    const found = db
      .prepare<[string], number>('SELECT device_key FROM device WHERE name = ?')
      .pluck()
      .get(name);
    return found ?? this.#insert('device', { major: 8, minor, name });
  }

  #insert(table: string, values: Values): number {
    const names = Object.keys(values);
    const marks = names.map(() => '?').join(', ');
    const { lastInsertRowid } = this.#recording.db
      .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`)
      .run(...Object.values(values));
    return Number(lastInsertRowid);
  }
}

const DISK_COLUMNS = [
  'read_count',
  'read_merged_count',
  'read_bytes',
  'read_ms',
  'write_count',
  'write_merged_count',
  'write_bytes',
  'write_ms',
  'in_flight_count',
  'busy_ms',
  'queue_ms',
  'flush_count',
  'flush_ms',
];
