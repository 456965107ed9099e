/** Every way iotrace stops short of its answer, and the words for it. */

type Details = {
  'bad-argument': { seen: string; expected: string };
  'bad-config': { path: string; seen: string; expected: string };
  'no-database': { path: string };
  'nothing-recorded': { seen: string; expected: string };
  'not-a-recording': { path: string };
  'database-from-the-future': { path: string; version: number; known: number };
  'database-of-another-version': { path: string; seen: string };
  'no-room-to-migrate': { path: string; size: number; directory: string };
  'database-unusable': { path: string; seen: string };
  'database-damaged': { path: string; seen: string };
  'database-gone': { path: string };
  'database-full': { path: string; seen: string };
  'sql-refused': { seen: string };
  'not-root': { command: string };
  'no-bpftrace': { seen: string };
  'no-setpriv': { seen: string };
  'unsafe-program': { seen: string };
  'bpftrace-too-old': { seen: string };
  'no-tracefs': { seen: string };
  'nothing-to-record': { reasons: readonly string[] };
  'bpftrace-failed': { seen: string };
  'already-recording': { path: string; pid: number };
};

export type FailureCode = keyof Details;

/** A union over its codes: `failure.code` tells which details it carries. */
export type Failure = {
  [Code in FailureCode]: { readonly failed: true; readonly code: Code; readonly details: Details[Code] };
}[FailureCode];

export function failure<Code extends FailureCode>(code: Code, details: Details[Code]): Failure {
  return { failed: true, code, details } as Failure;
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'failed' in value;
}

/** 2: the command was not understood; 1: it was, but could not be done. */
export function exitCode({ code }: Failure): 1 | 2 {
  return code === 'bad-argument' || code === 'bad-config' || code === 'sql-refused' ? 2 : 1;
}

/** What happened, what was seen, what to type. */
export function explain({ code, details }: Failure): string {
  switch (code) {
    case 'bad-argument':
    case 'nothing-recorded':
      return `${details.seen}. ${details.expected}`;
    case 'bad-config':
      return `${details.path} is not understood. ${details.seen}. ${details.expected}`;
    case 'no-database':
      return `There is no recording at ${details.path}. Start one with: sudo iotrace record --for 30s (or name another with --db PATH).`;
    case 'not-a-recording':
      return `${details.path} is not an iotrace recording. Name the right file with --db PATH or IOTRACE_DB.`;
    case 'database-from-the-future':
      return `${details.path} has format ${String(details.version)}, this iotrace knows up to ${String(details.known)}. Use the newer iotrace that wrote it.`;
    case 'database-of-another-version':
      return `${details.path} lacks what this iotrace asks for (${details.seen}): it is not as any version of iotrace makes it. Ask what it has: iotrace sql --db ${details.path}`;
    case 'no-room-to-migrate':
      return `${details.path} was made by an older iotrace and is read from a copy, for which ${details.directory} has no room (${String(Math.ceil(details.size / 2 ** 20))} MiB). Set TMPDIR to a directory with more.`;
    case 'database-unusable':
      return `${details.path} can't be opened: ${details.seen}. Check its permissions and the free space (df -h), or name another with --db PATH.`;
    case 'database-damaged':
      return `${details.path} is damaged: ${details.seen}. Save what is left: sqlite3 ${details.path} .recover | sqlite3 rescued.db`;
    case 'database-gone':
      return `${details.path} was deleted or replaced while it was recorded into: what was counted last is lost.`;
    case 'database-full':
      return `Writing to ${details.path} failed: ${details.seen}. Free some space (df -h); what was recorded before is kept.`;
    case 'sql-refused':
      return `SQLite refused the query: ${details.seen}. The views and their columns: iotrace sql --schema, or docs/schema.md.`;
    case 'not-root':
      return `Tracing the kernel needs root, and this is uid ${String(process.getuid?.())}. Type: sudo ${details.command}`;
    case 'no-bpftrace':
      return `bpftrace is not installed (${details.seen}). Type: sudo apt-get install bpftrace`;
    case 'no-setpriv':
      return `There is no setpriv, with which bpftrace ends when iotrace does (${details.seen}). Type: sudo apt-get install util-linux`;
    case 'unsafe-program':
      return `Root must not run what others can change: ${details.seen}. Make it root's alone (chown root, chmod go-w), or unset IOTRACE_BPFTRACE.`;
    case 'bpftrace-too-old':
      return `This bpftrace is ${details.seen}; iotrace needs 0.17 or newer. Type: sudo apt-get install bpftrace`;
    case 'no-tracefs':
      return `The kernel's trace file system is not there (${details.seen}). Type: sudo mount -t tracefs tracefs /sys/kernel/tracing`;
    case 'nothing-to-record':
      return `No probe can run on this kernel: ${details.reasons.join('; ')}. Details: sudo iotrace doctor`;
    case 'bpftrace-failed':
      return `bpftrace did not start: ${details.seen}. Details: sudo iotrace doctor`;
    case 'already-recording':
      return `Process ${String(details.pid)} is already recording into ${details.path}. Stop it (kill -INT ${String(details.pid)}), or name another file with --db PATH.`;
  }
}

/** `ENOENT`, `SQLITE_FULL`: what Node.js and SQLite name an error by; of others, their words. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
