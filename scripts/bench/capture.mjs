// What the benchmarks of the probes share: the load, a recording beside it, what the recording says of itself.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const folder = mkdtempSync(join(tmpdir(), 'iotrace-bench-'));
const here = new URL('./', import.meta.url).pathname;
const cli = join(here, '../../dist/cli.js');

/** Compiles load.c; its path. */
export function buildLoad() {
  const load = join(folder, 'load');
  execFileSync('cc', ['-O2', '-o', load, join(here, 'load.c')]);
  return load;
}

export const run = (command, ...args) =>
  execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  }).trim();

/** Starts a process and waits until what it prints matches `isReady`; `stop` ends it with SIGINT. */
export async function start(command, args, isReady = /^/u) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = new Promise((resolve) => child.on('close', resolve));
  let printed = '';
  await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      printed += chunk;
      if (isReady.test(printed)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('spawn', () => hear(''));
    child.on('close', () => reject(new Error(`${command} ended: ${printed.slice(-2000)}`)));
  });
  return {
    cpuMs: () => cpuMs(child.pid),
    stop: async () => {
      child.kill('SIGINT');
      await gone;
    },
  };
}

/** CPU time of a process so far, user and system (proc(5)). */
function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export const record = (database, ...options) =>
  start(process.execPath, [cli, 'record', '--db', database, ...options], /^Recording/mu);

export const ask = (database, query) =>
  JSON.parse(run(process.execPath, cli, 'sql', query, '--format', 'json', '--db', database));

/** Where cgroup2 is mounted. */
export function cgroup2() {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[2] === 'cgroup2');
  if (!mount) throw new Error('no cgroup2 is mounted');
  return mount.split(' ')[1];
}
