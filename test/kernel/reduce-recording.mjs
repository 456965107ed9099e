// Leaves of a recording what one window needs: node reduce-recording.mjs RECORDING FROM_US TO_US REDUCED
import Database from 'better-sqlite3';
import { copyFileSync, rmSync } from 'node:fs';

const [recording, fromUs, toUs, reduced] = process.argv.slice(2);
copyFileSync(recording, reduced);
const db = new Database(reduced);
const bounds = { from: Number(fromUs), to: Number(toUs) };
db.pragma('journal_mode = DELETE');
db.pragma('foreign_keys = OFF');

const columnsOf = new Map(
  db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all()
    .map((table) => [table, db.pragma(`table_info(${table})`).map(({ name }) => name)]),
);
const withColumn = (column) =>
  [...columnsOf].flatMap(([table, names]) => (names.includes(column) ? [table] : []));
const keep = (table, condition) => db.prepare(`DELETE FROM ${table} WHERE NOT (${condition})`).run(bounds);

// What intervals add up to spans more than the window.
db.exec('UPDATE interval SET rollup_id = NULL');
for (const table of columnsOf.keys()) if (table.startsWith('rollup')) db.exec(`DELETE FROM ${table}`);

// What the window has: instants in it, intervals and states that overlap it.
for (const column of ['sampled_us', 'logged_us', 'ended_us']) {
  for (const table of withColumn(column).filter((name) => name !== 'session_record')) {
    // A count of files is good until the next.
    if (table === 'upperdir_sample') keep(table, `${column} <= @to`);
    else if (columnsOf.get(table).includes('started_us'))
      keep(table, `${column} > @from AND started_us < @to`);
    else keep(table, `${column} > @from AND ${column} <= @to`);
  }
}
for (const table of withColumn('since_us'))
  keep(table, 'since_us < @to AND (until_us IS NULL OR until_us > @from)');

// What belongs to intervals that are gone, and names that nothing has any more.
const referring = (column, name) =>
  withColumn(column)
    .filter((table) => table !== name)
    .map((table) => `SELECT ${column} FROM ${table} WHERE ${column} IS NOT NULL`)
    .join(' UNION ');
for (const [parent, column] of [
  ['interval', 'interval_id'],
  ['tick', 'tick_id'],
  ['cost_sample', 'sample_id'],
]) {
  for (const table of withColumn(column).filter((table) => table !== parent && table !== 'loss_record')) {
    keep(table, `${column} IN (SELECT ${column} FROM ${parent})`);
  }
}
for (const [name, column] of [
  ['process', 'process_key'],
  ['file', 'file_key'],
]) {
  keep(name, `${column} IN (${referring(column, name)})`);
}
// Views are made anew by whoever opens it for writing.
for (const view of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'").pluck().all()) {
  db.exec(`DROP VIEW ${view}`);
}
db.exec('VACUUM');
db.close();
for (const side of ['-wal', '-shm']) rmSync(`${reduced}${side}`, { force: true });
