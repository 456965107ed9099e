// How long `iotrace diagnose` takes over an hour of 100 containers and the hour before: CPU time of the query, of one
// run after another on one recording, and of the whole command.
// Usage: node scripts/bench/diagnose.mjs [containers] [rows per container and interval]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diagnose, openForReading } from '../../dist/internals.js';
import { makeRecording, START_US } from './activity.mjs';

const [containers = 100, rows = 12] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'iotrace-bench-'));
const path = join(folder, 'diagnose.db');
const HOUR_US = 3600e6;
// Not on the hour: the ends of the window are made of minutes and intervals.
const middle = START_US + HOUR_US + 137e6;
const periods = {
  window: { fromUs: middle, toUs: middle + HOUR_US },
  baseline: { fromUs: middle - HOUR_US, toUs: middle },
};

makeRecording(path, { containers, hours: 2.1, rows });
const db = openForReading(path);
for (let run = 0; run < 5; run += 1) {
  const before = process.cpuUsage();
  const startedMs = performance.now();
  const { findings, excluded } = diagnose(db, { periods, container: undefined });
  const { user, system } = process.cpuUsage(before);
  const wall = Math.round(performance.now() - startedMs);
  console.log(
    `query: ${Math.round((user + system) / 1000)} ms CPU, ${wall} ms; ${findings.length} findings, ${excluded.length} excluded`,
  );
}
db.close();

const at = (us) => new Date(us / 1000).toISOString();
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const words = [
  'diagnose',
  '--db',
  path,
  '--from',
  at(periods.window.fromUs),
  '--to',
  at(periods.window.toUs),
];
const startedMs = performance.now();
const { status } = spawnSync(process.execPath, [cli, ...words], { stdio: 'ignore' });
console.log(`command: ${Math.round(performance.now() - startedMs)} ms, exit code ${status}`);
rmSync(folder, { recursive: true });
