// node scripts/bench/scrape.mjs: what a scrape of `iotrace serve` costs with 100 containers, the first (the session so
// far) and the ones after it, each three intervals later.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricsOf, metricsText, openForReading } from '../../dist/internals.js';
import { makeRecording } from './activity.mjs';
import { cpuMs, median, printMethod, printTable } from './table.mjs';

const path = join(tmpdir(), `iotrace-scrape-${process.pid}.db`);
const HOURS = 2;
const made = makeRecording(path, { hours: HOURS });
const last = made.prepare('SELECT max(interval_id) FROM interval').pluck().get();
const db = openForReading(path);
const scrape = metricsOf(db, 500);
const text = () => [...metricsText(scrape() ?? [], 'openmetrics')].join('');
let size = 0;
const first = cpuMs(() => (size = text().length));

/** The last interval once more, as the next one. */
const tables = { interval: 'interval_id', total: 'interval_id', bucket: 'interval_id' };
function repeat(id) {
  for (const [table, key] of Object.entries(tables)) {
    const columns = made.prepare(`SELECT name FROM pragma_table_info(?)`).pluck().all(table);
    const values = columns.map((name) => (name === key ? String(id) : name === 'rollup_id' ? 'NULL' : name));
    made
      .prepare(`INSERT INTO ${table} (${columns}) SELECT ${values} FROM ${table} WHERE ${key} = ${last}`)
      .run();
  }
}
const later = [];
for (let round = 0; round < 20; round += 1) {
  for (let index = 1; index <= 3; index += 1) repeat(last + 3 * round + index);
  later.push(cpuMs(text));
}
db.close();
made.close();
for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
printTable([
  ['scrape', 'CPU', 'text'],
  ['first', `${first.toFixed(0)} ms`, `${(size / 1024).toFixed(0)} KiB`],
  ['later', `${median(later).toFixed(0)} ms`, ''],
]);
printMethod(
  `CPU time; ${HOURS} h of 5 s intervals, 100 containers, three operations each; later: median of 20, three intervals each`,
);
