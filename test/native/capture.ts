import { execa } from 'execa';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export type Row = Record<string, string | number | null>;

/** /var/tmp survives reboots, so it is on a disk where /tmp may be memory. */
export const scratchFolder = (): string => mkdtempSync('/var/tmp/iotrace-test-');

/** The known workload, compiled. */
export function buildWorkload(folder: string): string {
  const program = join(folder, 'workload');
  execFileSync('cc', ['-O1', '-static', '-pthread', '-o', program, 'test/kernel/workload.c']);
  return program;
}

/** On a busy machine the governor would shed the file names that a test asks for. */
const UNGOVERNED = ['--max-cpu', '10000%'];

/** With a threshold of 1 ns every operation is an exemplar, up to the budget. */
export const EXEMPLARS_OF_ALL = ['--interval', '1s', '--slow', '1ns', '--exemplars', '1000'];

/** A recording by the real command in a child process, ready when this returns. */
export async function startRecording(database: string, ...options: string[]) {
  const bound = options.includes('--max-cpu') ? [] : UNGOVERNED;
  const child = execa('node', ['dist/cli.js', 'record', '--db', database, ...bound, ...options], {
    reject: false,
    stdout: 'ignore',
    stderr: 'pipe',
    cleanup: true,
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Recording ')) resolve();
    });
    void child.then(() => {
      reject(new Error(`the recording ended before it was ready: ${said}`));
    });
  });
  return {
    pid: child.pid ?? 0,
    said: () => said,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    ended: child,
    /** Ends it as Ctrl-C does. */
    async stop(): Promise<number | undefined> {
      child.kill('SIGINT');
      return (await child).exitCode;
    },
  };
}

export async function ask(database: string, query: string): Promise<Row[]> {
  const { stdout } = await execa('node', ['dist/cli.js', 'sql', query, '--format', 'json', '--db', database]);
  const rows: unknown = JSON.parse(stdout);
  return rows as Row[];
}

/** Runs a command inside a cgroup. */
export async function runIn(cgroup: string, ...command: string[]): Promise<void> {
  await execa('sh', ['-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', cgroup, ...command]);
}

/** The bpftrace a recording has started. */
export function bpftraceOf(pid: number): number {
  const children = execFileSync('pgrep', ['-P', String(pid), '-x', 'bpftrace'], { encoding: 'utf8' });
  return Number(children.trim());
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/mu.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  seconds = 60,
): Promise<void> {
  for (let tries = 0; tries < seconds * 10; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited ${String(seconds)} s in vain until ${what}`);
}

export const remove = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
};
