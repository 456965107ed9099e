// A recording as a busy node makes it, for the benchmarks: written by SQL, rolled up by the daemon's own code.
//
// What is assumed: each of the containers syncs and writes in a share `active` of the intervals. Then it touches
// `rows` (file, operation) pairs out of its 50 files, the first file most often (rank^-1), and has three
// latency buckets for each operation. Two thirds are fsync and fdatasync, one third block_write.
import { createRollup, openForWriting } from '../../dist/internals.js';

export const INTERVAL_US = 5_000_000;
/** 2026-11-14T00:00:00Z. */
export const START_US = 1_794_614_400_000_000;
export const FILES = 50;

/** The same numbers at each run (mulberry32). */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** File ranks 0..49, the first most often. */
export function ranks(next) {
  const weights = Array.from({ length: FILES }, (_, rank) => 1 / (rank + 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const table = weights.flatMap((weight, rank) => Array(Math.round((1000 * weight) / sum)).fill(rank));
  return () => table[Math.floor(next() * table.length)];
}

export function makeRecording(path, { containers = 100, hours = 24, active = 1, rows = 3 } = {}) {
  const db = openForWriting(path);
  if ('failed' in db) throw new Error(JSON.stringify(db));
  db.pragma('synchronous = OFF');
  const insert = statements(db);
  db.transaction(() => describe(insert, containers))();
  const next = random(1);
  const rank = ranks(next);
  const rollup = createRollup(db);
  const intervals = hours * 720;
  const write = db.transaction((index) => {
    const startedUs = START_US + index * INTERVAL_US;
    const intervalId = insert.flush.run(startedUs, startedUs + INTERVAL_US).lastInsertRowid;
    for (let container = 1; container <= containers; container += 1) {
      if (active < 1 && next() >= active) continue;
      for (let row = 0; row < rows; row += 1) {
        const [op, variant] = row % 3 === 2 ? [5, 0] : [1, 1 + (row % 3)];
        const file = (container - 1) * FILES + rank() + 1;
        const count = 1 + Math.floor(next() * 20);
        const latency = 1e6 * (1 + 9 * next());
        insert.total.run(
          intervalId,
          op,
          variant,
          container,
          container,
          file,
          count,
          4096 * count,
          count * (latency | 0),
          (2 * latency) | 0,
        );
        const middle = 160 + Math.floor(next() * 12);
        for (let near = 0; near < 3; near += 1)
          insert.bucket.run(intervalId, op, variant, container, middle + near, (1 + count / 3) | 0);
      }
    }
    rollup.close(1, startedUs);
  });
  for (let index = 0; index < intervals; index += 1) write(index);
  return db;
}

function describe(insert, containers) {
  insert.run.run();
  insert.device.run();
  for (let container = 1; container <= containers; container += 1) {
    const name = `app-${String(container)}`;
    insert.container.run(container, `id-${name}`, name, `pod-${String(container)}`);
    insert.cgroup.run(container, 1000 + container, `/kubepods/pod${String(container)}/${name}`, container);
    insert.process.run(container, 4000 + container, `server-${String(container)}`);
    for (let file = 0; file < FILES; file += 1) {
      insert.file.run(
        2 ** 20 * 8,
        10_000 * container + file,
        container,
        `/var/lib/${name}/data/file-${String(file)}`,
      );
    }
  }
}

function statements(db) {
  return {
    run: db.prepare(
      `INSERT INTO session_record VALUES (1, 'boot', 'bench', 1, ${String(START_US)}, ${String(START_US)}, NULL, NULL, '0', '6', '0', 2, 5000, 10000000, '[]')`,
    ),
    device: db.prepare(`INSERT INTO device VALUES (1, 8, 0, 'vda')`),
    container: db.prepare(
      `INSERT INTO container VALUES (?, 'containerd', ?, ?, ?, 'default', NULL, NULL, NULL, NULL, NULL, 0)`,
    ),
    cgroup: db.prepare('INSERT INTO cgroup VALUES (?, 1, ?, ?, ?)'),
    process: db.prepare('INSERT INTO process (process_key, session_id, pid, name) VALUES (?, 1, ?, ?)'),
    file: db.prepare(`INSERT INTO file (session_id, dev, inode, name_hash, container_key, device_key, path, host_path, state)
      VALUES (1, ?, ?, 0, ?, 1, ?, NULL, 'known')`),
    flush:
      db.prepare(`INSERT INTO interval (session_id, started_us, ended_us, stored_op_count, kernel_op_count, row_count,
      daemon_cpu_us, daemon_rss_bytes, bpftrace_cpu_us, bpftrace_rss_bytes, database_bytes) VALUES (1, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0)`),
    total: db.prepare(`INSERT INTO total VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, 0)
      ON CONFLICT DO UPDATE SET op_count = op_count + excluded.op_count, latency_ns_sum = latency_ns_sum + excluded.latency_ns_sum`),
    bucket: db.prepare(
      `INSERT INTO bucket VALUES (?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO UPDATE SET op_count = op_count + excluded.op_count`,
    ),
  };
}
