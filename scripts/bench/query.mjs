// node scripts/bench/query.mjs [--hours 24] [--active 1]: `iotrace top` over long windows of 100 containers, against
// the same sums over the intervals' own rows. Seven days: --hours 168 --active 0.25 (6 GB at --active 1).
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openForReading, top } from '../../dist/internals.js';
import { INTERVAL_US, makeRecording, START_US } from './activity.mjs';
import { best, commandMs, milliseconds, printMethod, printTable } from './table.mjs';

const { values } = parseArgs({
  options: { hours: { type: 'string', default: '24' }, active: { type: 'string', default: '1' } },
});
const [hours, active] = [Number(values.hours), Number(values.active)];
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = mkdtempSync(join(process.env.TMPDIR ?? tmpdir(), 'iotrace-bench-'));
const path = join(folder, 'recording.db');
const made = makeRecording(path, { hours, active });
made.pragma('wal_checkpoint(TRUNCATE)');
made.close();

const db = openForReading(path);
// The window begins off every period's edge, and ends with the last interval, where nothing is over yet.
const endUs = START_US + hours * 3600e6;
const windowOf = (length) => ({ fromUs: endUs - length * 3600e6 + 423_000_000, toUs: endUs });
const query = (by, length, sort = 'latency') => ({
  by: [by],
  sort,
  window: windowOf(length),
  ops: [],
  container: undefined,
  limit: 20,
});

/** What `top` did before there were rollups: totals and latency buckets by the names in the public views. */
const RAW = [
  `SELECT op, namespace, pod, container, min(cgroup_path), sum(op_count), sum(error_count), sum(size_bytes_sum),
     sum(latency_ns_sum), max(latency_ns_max) FROM operations WHERE ended_us > ? AND started_us < ?
   GROUP BY op, namespace, pod, container`,
  `SELECT op, namespace, pod, container, bucket, sum(op_count) FROM latency WHERE ended_us > ? AND started_us < ?
   GROUP BY op, namespace, pod, container, bucket`,
];
function raw({ fromUs, toUs }) {
  return RAW.map((sql) => db.prepare(sql).raw().all(fromUs, toUs));
}

const bare = commandMs(['-e', '0']);
const rows = [];
for (const length of [1, 24, 168].filter((each) => each <= hours)) {
  const window = windowOf(length);
  const iso = (us) => new Date(us / 1000).toISOString();
  const command =
    commandMs([cli, 'top', '--db', path, '--from', iso(window.fromUs), '--to', iso(window.toUs)], 7) - bare;
  const times = ['container', 'process', 'file'].map((by) =>
    best(Array.from({ length: 5 }, () => milliseconds(() => top(db, query(by, length))))),
  );
  const p99 = best(
    Array.from({ length: 5 }, () => milliseconds(() => top(db, query('container', length, 'p99')))),
  );
  const [totals] = raw(window);
  const rolled = top(db, { ...query('container', length), limit: 1e6 }).rows;
  const sum = (list, at) => list.reduce((all, row) => all + row[at], 0);
  if (sum(rolled, 'op_count') !== sum(totals, 5)) throw new Error('rollups and intervals disagree');
  const slow = milliseconds(() => raw(window));
  rows.push([
    length < 48 ? `${length} h` : `${length / 24} d`,
    ...[command, times[0], p99, times[1], times[2], slow].map((ms) => `${ms.toFixed(0)} ms`),
    (slow / times[0]).toFixed(0),
  ]);
}
printTable([
  [
    'window',
    'command beyond node',
    'by container',
    '--sort p99',
    'by process',
    'by file',
    'same sums, raw',
    'ratio',
  ],
  ...rows,
]);

const bytes = (names) =>
  db
    .prepare(`SELECT sum(pgsize) FROM dbstat WHERE name IN (${names.map(() => '?').join()})`)
    .pluck()
    .get(names);
const perDay = (names) => `${(((bytes(names) / hours) * 24) / 2 ** 20).toFixed(0)} MiB`;
const count = (table) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
console.log();
printTable([
  ['', 'intervals', 'rollups', 'file'],
  [
    'rows',
    count('total') + count('bucket'),
    count('rollup_total') + count('rollup_file') + count('rollup_bucket'),
    '',
  ],
  [
    'bytes a day',
    perDay(['total', 'bucket']),
    perDay(['rollup_total', 'rollup_file', 'rollup_bucket']),
    `${(((statSync(path).size / hours) * 24) / 2 ** 20).toFixed(0)} MiB`,
  ],
]);
db.close();
rmSync(folder, { recursive: true });
printMethod(
  `${hours} h of ${INTERVAL_US / 1e6} s intervals; 100 containers, each active in ${active * 100} % of them with three (file, operation) rows out of 50 files (rank^-1) and three buckets for each; best of 5 (command: of 7), raw once`,
);
