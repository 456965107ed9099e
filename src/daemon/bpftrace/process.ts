import { execa } from 'execa';
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import split2 from 'split2';
import { ENVIRONMENT, ownerMark } from '../children.ts';
import { atLeast } from './capabilities.ts';
import type { Capabilities } from './capabilities.ts';
import type { Composed } from './compose.ts';
import { STRING_LIMIT } from './constants.ts';

type Host = Pick<Capabilities, 'bpftrace' | 'bpftraceVersion' | 'setpriv'>;

/** A running bpftrace. */
export type Bpftrace = {
  readonly pid: number;
  /** Interrupts it: it prints what its maps hold and goes. Killed when it has not gone after a while. */
  readonly stop: () => void;
  /** Settles when it has ended and its last line was handled. */
  readonly ended: Promise<BpftraceEnd>;
};

export type BpftraceEnd = {
  readonly clean: boolean;
  /** The signal or the exit code it ended with. */
  readonly how: string;
  readonly stderr: string;
};

/** 4 MiB for all CPUs; before 0.18 each CPU has its own: 1 MiB. */
const BUFFER_PAGES = 1024;
const BUFFER_PAGES_PER_CPU = 256;
const STOP_PATIENCE_MS = 30_000;
const STDERR_KEPT = 8192;
const BETWEEN_LOOKS_MS = 5;

/**
 * Starts bpftrace on a program; `onLine` gets every line of its output in order. In a process group of its own, so
 * that Ctrl-C reaches it through us, in order. The kernel kills it with the daemon (PR_SET_PDEATHSIG, prctl(2)), which
 * setpriv(1) asks for: the program is passed on once setpriv has become bpftrace, so that a bpftrace whose daemon
 * died before that reads the end of its input and has nothing to run.
 */
export function startBpftrace(
  host: Host,
  { program, keysMax }: Composed,
  onLine: (line: string) => void,
): Bpftrace {
  const words = ['--pdeathsig', 'KILL', '--', host.bpftrace, '--no-warnings', '-f', 'json', '-'];
  const child = execa(host.setpriv, words, {
    stdin: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: true,
    stripFinalNewline: false,
    extendEnv: false,
    env: { ...ENVIRONMENT, ...ownerMark(), ...limits(host, keysMax) },
  });
  // A bpftrace that ends before it has read all is judged by how it ended.
  child.stdin.on('error', () => undefined);
  void hasBecome(child.pid ?? 0, host.bpftrace).then(() => child.stdin.end(program));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_KEPT);
  });
  const lines = child.stdout.pipe(split2());
  lines.on('data', onLine);
  const drained = new Promise<void>((resolve) => {
    lines.on('close', resolve);
    lines.on('end', resolve);
  });
  let killer: NodeJS.Timeout | undefined;
  const ended = Promise.all([child, drained]).then(([{ failed, signal, exitCode }]) => {
    clearTimeout(killer);
    return { clean: !failed, how: signal ?? `exit code ${String(exitCode)}`, stderr };
  });
  return {
    pid: child.pid ?? 0,
    stop() {
      child.kill('SIGINT');
      killer ??= setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    },
    ended,
  };
}

/** The limits have their old names up to 0.19 and their new ones from 0.20 on. */
function limits({ bpftraceVersion }: Host, keysMax: number): Readonly<Record<string, string>> {
  const pages = atLeast(bpftraceVersion, [0, 18]) ? BUFFER_PAGES : BUFFER_PAGES_PER_CPU;
  return {
    BPFTRACE_STRLEN: String(STRING_LIMIT),
    BPFTRACE_MAX_STRLEN: String(STRING_LIMIT),
    BPFTRACE_MAP_KEYS_MAX: String(keysMax),
    BPFTRACE_MAX_MAP_KEYS: String(keysMax),
    BPFTRACE_PERF_RB_PAGES: String(pages),
  };
}

/** Settles when a process runs this program, or is gone. */
async function hasBecome(pid: number, program: string): Promise<void> {
  for (let running = programOf(pid); running !== undefined && running !== program; running = programOf(pid)) {
    await sleep(BETWEEN_LOOKS_MS);
  }
}

function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${String(pid)}/exe`);
  } catch {
    return undefined;
  }
}
