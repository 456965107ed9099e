// How long `iotrace diagnose` takes over hours of 100 containers: with a baseline, the hours before; without one, which
// finds the window. CPU time of the query, of one run after another on one recording, and of the whole command.
// Usage: node scripts/bench/diagnose.mjs [containers] [rows per container and interval] [hours]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diagnose, investigate, openForReading } from '../../dist/internals.js';
import { makeRecording, START_US } from './activity.mjs';

const [containers = 100, rows = 12, hours = 1] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'iotrace-bench-'));
const path = join(folder, 'diagnose.db');
const HOUR_US = 3600e6;
// Not on the hour: the ends of the window are made of minutes and intervals.
const middle = START_US + hours * HOUR_US + 137e6;
const periods = {
  window: { fromUs: middle, toUs: middle + hours * HOUR_US },
  baseline: { fromUs: middle - hours * HOUR_US, toUs: middle },
};

makeRecording(path, { containers, hours: 2 * hours + 0.1, rows });
const db = openForReading(path);
for (const [name, ask] of Object.entries({ diagnose, investigate })) {
  for (let run = 0; run < 5; run += 1) {
    const before = process.cpuUsage();
    const startedMs = performance.now();
    const { findings, incidents } = ask(db, { periods, container: undefined });
    const { user, system } = process.cpuUsage(before);
    const wall = Math.round(performance.now() - startedMs);
    const found = `${findings.length} findings, ${incidents.length} incidents`;
    console.log(`${name}: ${Math.round((user + system) / 1000)} ms CPU, ${wall} ms; ${found}`);
  }
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
