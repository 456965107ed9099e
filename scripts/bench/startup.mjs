// node scripts/bench/startup.mjs: what it takes until a command has answered, against an empty node.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeRecording } from './activity.mjs';
import { commandMs, printMethod, printTable } from './table.mjs';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'iotrace-bench-'));
const path = join(folder, 'hour.db');
makeRecording(path, { hours: 0.25 }).close();
const window = ['--from', '2026-11-14T00:00Z', '--to', '2026-11-14T00:15Z'];

const commands = [
  ['node -e 0', ['-e', '0']],
  ['import better-sqlite3', ['--input-type=module', '-e', "import 'better-sqlite3'"]],
  ['iotrace --help', [cli, '--help']],
  ['iotrace top --help', [cli, 'top', '--help']],
  ['iotrace status', [cli, 'status', '--db', path]],
  ['iotrace top, 15 min of 100 containers', [cli, 'top', '--db', path, ...window]],
];
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const times = commands.map(([name, words]) => [name, commandMs(words)]);
rmSync(folder, { recursive: true });
const [[, bare]] = times;
printTable([
  ['command', 'time', 'beyond node', 'ratio'],
  ...times.map(([name, ms]) => [
    name,
    `${ms.toFixed(0)} ms`,
    `${(ms - bare).toFixed(0)} ms`,
    (ms / bare).toFixed(2),
  ]),
]);
printMethod('wall time from spawn to exit, best of 15 runs of each');
