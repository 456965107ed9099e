import { execa } from 'execa';
import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The programs root starts: from fixed folders, that nobody else can write to, in an environment made here. PATH and
 * all else the caller's environment says is not asked.
 */

const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

export const ENVIRONMENT = { PATH: FOLDERS.join(':'), LC_ALL: 'C', HOME: '/' } as const;

export type FoundProgram =
  { readonly path: string } | { readonly refused: string; readonly isAbsent: boolean };

/** A program by its name, or one whose path an administrator gives. */
export function findProgram(name: string): FoundProgram {
  if (name.includes('/')) return check(name);
  const tried = FOLDERS.map((folder) => check(join(folder, name)));
  return (
    tried.find((found) => 'path' in found) ??
    tried.find((found) => 'refused' in found && !found.isAbsent) ?? {
      refused: `${name} is in none of ${FOLDERS.join(', ')}`,
      isAbsent: true,
    }
  );
}

const WRITABLE_BY_OTHERS = 0o022;

/** Whether root alone decides what lies at a path: the file, where its links lead, and every folder above. */
function check(path: string): FoundProgram {
  if (!path.startsWith('/')) return unsafe(`${path} is no absolute path`);
  let real: string;
  try {
    real = realpathSync(path);
    if (!statSync(real).isFile()) return unsafe(`${path} is no file`);
  } catch {
    return { refused: `${path} is not there`, isAbsent: true };
  }
  for (let each = real; ; each = dirname(each)) {
    const { uid, mode } = statSync(each);
    if (uid !== 0) return unsafe(`${each} belongs to uid ${String(uid)}, not to root`);
    if ((mode & WRITABLE_BY_OTHERS) !== 0) return unsafe(`${each} can be written by others than root`);
    if (each === '/') return { path: real };
  }
}

const unsafe = (refused: string): FoundProgram => ({ refused, isAbsent: false });

export type Ran = {
  readonly failed: boolean;
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What went wrong, in one line. */
  readonly seen: string;
};

type RunOptions = {
  readonly timeoutMs?: number;
  /** Added to the environment. */
  readonly variables?: Readonly<Record<string, string>>;
};

/** Runs a program to its end. Never throws. */
export async function run(
  name: string,
  words: readonly string[],
  { timeoutMs = 0, variables = {} }: RunOptions = {},
): Promise<Ran> {
  const found = findProgram(name);
  if ('refused' in found) return { failed: true, pid: 0, stdout: '', stderr: '', seen: found.refused };
  const child = execa(found.path, words, {
    reject: false,
    timeout: timeoutMs,
    env: { ...ENVIRONMENT, ...variables },
    extendEnv: false,
  });
  const { failed, stdout, stderr, shortMessage } = await child;
  const seen = shortMessage?.split('\n').at(-1) ?? '';
  return { failed, pid: child.pid ?? 0, stdout, stderr, seen };
}

/** In the environment of what outlives no daemon: whose it is. */
export const OWNER_VARIABLE = 'IOTRACE_OWNER';

export const ownerMark = (): Readonly<Record<string, string>> => ({
  [OWNER_VARIABLE]: identityOf(process.pid) ?? '',
});

/** What no other process has: pid, start time (proc(5), stat field 22) and the namespace the pid is of. */
export function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    if (startTime === undefined || stat.includes(') Z ')) return undefined;
    return `${String(pid)} ${startTime} ${pidNamespace()}`;
  } catch {
    return undefined;
  }
}

/** Pids mean the same only within one namespace. */
export const pidNamespace = (): string => readlinkSync('/proc/self/ns/pid');
