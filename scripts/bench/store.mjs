// node --expose-gc scripts/bench/store.mjs: rows a second from bpftrace's lines to the database, against a bare insert loop.
//
// A node of 10, 100 and 1000 containers, each of which touches each of its 50 files in each interval (fsync),
// which no real node does: a file system's worth of rows at once. Latencies fill three buckets per container.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createCgroups,
  createContainers,
  createDevices,
  createMounts,
  createRecorder,
  openForWriting,
} from '../../dist/internals.js';
import { FILES } from './activity.mjs';
import { cpuMs, median, printMethod, printTable } from './table.mjs';

const folder = mkdtempSync(join(tmpdir(), 'iotrace-bench-'));
const DEV = 8 * 2 ** 20;
/** So many rows in all for each size, half of them to warm up. */
const ROWS = 1_000_000;
const FLUSHES_MAX = 400;

function open(name) {
  const db = openForWriting(join(folder, name));
  if ('failed' in db) throw new Error(JSON.stringify(db));
  db.prepare(
    `INSERT INTO session_record VALUES (1, 'boot', 'bench', 1, 0, 0, NULL, NULL, '0', '6', '0', 2, 5000, 10000000, '[]')`,
  ).run();
  return db;
}

/** The kernel's keys of one interval: totals by file, buckets by container. */
function keysOf(containers) {
  const totals = [];
  const buckets = [];
  for (let container = 1; container <= containers; container += 1) {
    for (let file = 1; file <= FILES; file += 1)
      totals.push([1, 1, 1000 + container, 4000 + container, DEV, 100 * container + file, 7 * file]);
    for (const bucket of [320, 330, 342]) buckets.push([1, 1, 1000 + container, DEV, bucket]);
  }
  return { totals, buckets };
}

const line = (type, data) => JSON.stringify({ type, data });
const entries = (keys, value) => Object.fromEntries(keys.map((key, index) => [key.join(','), value(index)]));

/** As in bpf/common/row.bt: a time and a CPU. */
const numberOf = (index) => (50_000 * index + 777) * 128 + (index % 2);
const byRow = (keys, value) => Object.fromEntries(keys.map((_, index) => [numberOf(index), value(index)]));

/** What bpftrace prints of names, once. */
function namesOf(containers) {
  const lines = [];
  for (let container = 1; container <= containers; container += 1) {
    const path = `/kubepods/pod${container}/${container.toString(16).padStart(64, 'c')}`;
    lines.push(
      line('value', ['cgroup', 1000 + container, 0, path.slice(0, 63)]),
      line('value', ['cgroup', 1000 + container, 63, path.slice(63)]),
    );
    lines.push(line('value', ['process', 4000 + container, `server-${container}`]));
    for (let file = 1; file <= FILES; file += 1) {
      const inode = 100 * container + file;
      lines.push(
        line('value', ['file', DEV, inode, 7 * file, 33152, 1]),
        line('value', ['name', DEV, inode, 7 * file, DEV, 2, 0, 8, 0, `file-${file}.x`]),
      );
    }
  }
  lines.push(line('value', ['root', DEV, 2, 0]));
  return lines;
}

function flushOf({ totals, buckets }, sequence) {
  const size = totals.length;
  return [
    line('value', ['flush', sequence, (sequence - 1) * 5e6, sequence * 5e6]),
    line('map', {
      '@row_a': entries(
        totals.map((key, index) => [numberOf(index), ...key]),
        () => 1,
      ),
    }),
    line('stats', {
      '@latency_a': byRow(totals, (index) => ({
        count: 3 + (index % 7),
        average: 1000,
        total: 4000 + index,
      })),
    }),
    line('map', { '@max_a': byRow(totals, (index) => 2000 + index) }),
    line('map', { '@bytes_a': byRow(totals, () => 4096) }),
    line('map', { '@bucket_a': entries(buckets, (index) => 1 + (index % 9)) }),
    line('map', { '@ops_a': { 1: sequence * size } }),
    line('value', ['flushed', sequence]),
  ];
}

function recorderOn(db) {
  const roots = Object.fromEntries(
    ['cgroup', 'proc', 'sys', 'run', 'varLib'].map((name) => [name, join(folder, 'none', name)]),
  );
  const mounts = createMounts(roots);
  const lookups = {
    mounts,
    cgroups: createCgroups(roots),
    containers: createContainers(roots, mounts),
    devices: createDevices(roots, mounts),
    proc: roots.proc,
  };
  const clock = { nowBootUs: () => 0, toWall: (bootUs) => 1_795_262_400_000_000 + bootUs };
  const cost = { daemonCpuUs: 0, daemonRssBytes: 0, bpftraceCpuUs: 0, bpftraceRssBytes: 0, databaseBytes: 0 };
  const fail = (error) => {
    throw error;
  };
  return createRecorder(db, 1, lookups, clock, () => cost, { ready() {}, flushed() {}, storeFailed: fail });
}

/** Rows of one interval in the order of their key, by nothing but an insert loop. */
function bareLoop(db, { totals, buckets }) {
  const total = db.prepare('INSERT INTO total VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const bucket = db.prepare('INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?)');
  return db.transaction((flush) => {
    for (let index = 0; index < totals.length; index += 1) {
      const [op, variant, cgroup, pid] = totals[index];
      total.run(
        flush,
        op,
        variant,
        cgroup,
        pid,
        index,
        3 + (index % 7),
        0,
        4096,
        4000 + index,
        2000 + index,
        0,
      );
    }
    for (const [op, variant, cgroup, , number] of buckets)
      bucket.run(flush, op, variant, cgroup, 1, number, 3);
  });
}

function measure(containers) {
  const keys = keysOf(containers);
  const rows = keys.totals.length + keys.buckets.length;
  const stored = open(`stored-${containers}.db`);
  const recorder = recorderOn(stored);
  for (const each of namesOf(containers)) recorder.line(each);
  const bare = open(`bare-${containers}.db`);
  const loop = bareLoop(bare, keys);
  const [decode, store, inserts] = [[], [], []];
  const flushes = Math.min(FLUSHES_MAX, Math.ceil(ROWS / rows));
  // In turn, so that what slows the machine down slows down both.
  for (let sequence = 1; sequence <= flushes; sequence += 1) {
    const lines = flushOf(keys, sequence);
    // The last line says that all of the interval has come: with it the rows are put together and written.
    const last = lines.pop();
    globalThis.gc();
    decode.push(cpuMs(() => lines.forEach((each) => recorder.line(each))));
    store.push(cpuMs(() => recorder.line(last)));
    globalThis.gc();
    inserts.push(cpuMs(() => loop(sequence)));
  }
  const written = stored
    .prepare('SELECT (SELECT count(*) FROM total) + (SELECT count(*) FROM bucket)')
    .pluck()
    .get();
  if (written !== rows * flushes) throw new Error(`${written} rows stored, ${rows * flushes} expected`);
  const bytes = stored
    .prepare(`SELECT sum(pgsize) FROM dbstat WHERE name IN ('total', 'bucket')`)
    .pluck()
    .get();
  stored.close();
  bare.close();
  const [decodeMs, storeMs, insertMs] = [decode, store, inserts].map((each) =>
    median(each.slice(flushes / 2)),
  );
  return { rows, decodeMs, storeMs, insertMs, bytes: bytes / flushes };
}

const perSecond = (rows, ms) => `${(rows / ms / 1000).toFixed(2)} M/s`;
const results = [10, 100, 1000].map((containers) => ({ containers, ...measure(containers) }));
rmSync(folder, { recursive: true });
printTable([
  [
    'containers x 50 files',
    'rows',
    'bytes',
    'decode',
    'store',
    'interval',
    'bare inserts',
    'store/bare',
    'both/bare',
  ],
  ...results.map(({ containers, rows, decodeMs, storeMs, insertMs, bytes }) => [
    containers,
    rows,
    `${(bytes / 1024).toFixed(0)} KiB`,
    perSecond(rows, decodeMs),
    perSecond(rows, storeMs),
    `${(decodeMs + storeMs).toFixed(1)} ms`,
    perSecond(rows, insertMs),
    (insertMs / storeMs).toFixed(2),
    (insertMs / (decodeMs + storeMs)).toFixed(2),
  ]),
]);
printMethod(
  `CPU time, median of the second half of the intervals, in turn; decode: the lines of bpftrace -f json to counts by key; store: those to committed rows with names, rollups included; bare inserts: better-sqlite3, the same rows, a prepared statement per table, one transaction per interval`,
);
