import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClock } from '../stream/clock.ts';
import { copyUp } from '../../schema/probes/copy-up.ts';
import { probes } from '../../schema/probes/index.ts';
import { run } from '../children.ts';
import { isPlanned } from '../contract.ts';
import type { CoverageLine, PlannedProbe } from '../contract.ts';
import { makeScratch, removeLeftScratch, removeScratch } from './scratch.ts';
import type { Interval } from '../stream/totals.ts';

/** What the canary did for real, to be found in the totals. */
export type CanaryRun = {
  readonly pid: number;
  /** When it was over, µs since boot. */
  readonly endedBootUs: number;
  /** Operations by name (of fsync: its kinds) and how often each was done. */
  readonly did: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
};

/**
 * Numbers of the system calls Node has no function for (arch/x86/entry/syscalls/syscall_64.tbl,
 * include/uapi/asm-generic/unistd.h). Perl makes them: it is essential on Debian, and its syscall()
 * needs no compiler.
 */
const CALLS: Partial<Record<NodeJS.Architecture, readonly number[]>> = {
  x64: [74, 75, 9, 26, 277],
  arm64: [82, 83, 222, 227, 84],
};

const SYNCS = `
$0 = 'iotrace-canary';
use Fcntl;
my ($file, $fsync, $fdatasync, $mmap, $msync, $sync_file_range) = @ARGV;
sysopen(my $f, $file, O_RDWR | O_CREAT, 0600) or die "open: $!";
syswrite($f, "." x 4096) == 4096 or die "write: $!";
syscall($fsync, fileno($f)) == 0 or die "fsync: $!";
syscall($fdatasync, fileno($f)) == 0 or die "fdatasync: $!";
syscall($sync_file_range, fileno($f), 0, 4096, 7) == 0 or die "sync_file_range: $!";
my $at = syscall($mmap, 0, 4096, 3, 1, fileno($f), 0);
$at > 0 or die "mmap: $!";
syscall($msync, $at, 4096, 4) == 0 or die "msync: $!";
sysopen(my $d, $file, O_WRONLY | 010000) or die "open O_DSYNC: $!";
syswrite($d, "d") == 1 or die "write O_DSYNC: $!";
sysopen(my $s, $file, O_WRONLY | 04010000) or die "open O_SYNC: $!";
syswrite($s, "s") == 1 or die "write O_SYNC: $!";
`;

const SYNC_KINDS = ['fsync', 'fdatasync', 'sync_file_range', 'msync', 'o_dsync', 'o_sync'];
const COPY_UP =
  '$0 = "iotrace-canary"; open(my $f, ">>", $ARGV[0]) or die "open: $!"; syswrite($f, "."); close($f);';

const clock = createClock();

/**
 * Runs the canary in a scratch folder in the first of `folders` that is on a disk, and cleans up after it, and after
 * those that were killed. Never throws.
 */
export async function runCanary(
  folders: readonly string[],
  plan: readonly PlannedProbe[],
): Promise<CanaryRun[]> {
  await removeLeftScratch(folders);
  const scratch = makeScratch(folders);
  if (scratch === undefined) return [nothingDone(`no folder on a disk to try it in: ${folders.join(', ')}`)];
  try {
    const runs = [await runSyncs(join(scratch, 'file'))];
    if (isPlanned(plan, copyUp)) runs.push(await runCopyUp(scratch));
    return runs;
  } finally {
    await removeScratch(scratch);
  }
}

async function runSyncs(file: string): Promise<CanaryRun> {
  const calls = CALLS[process.arch];
  if (!calls) return nothingDone(`no system call numbers for ${process.arch}`);
  return runPerl(SYNCS, [file, ...calls.map(String)], new Map(SYNC_KINDS.map((kind) => [kind, 1])));
}

async function runCopyUp(scratch: string): Promise<CanaryRun> {
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) =>
    join(scratch, name),
  );
  if (!lower || !upper || !work || !merged) return nothingDone('no scratch folder');
  for (const directory of [lower, upper, work, merged]) mkdirSync(directory);
  writeFileSync(join(lower, 'file'), '.'.padStart(1009));
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const mounted = await run('mount', ['-t', 'overlay', 'overlay', '-o', options, merged]);
  if (mounted.failed) return nothingDone('a scratch overlay could not be mounted');
  try {
    const file = join(merged, 'file');
    return await runPerl(COPY_UP, [file], new Map([['copy_up', 1]]));
  } finally {
    await run('umount', [merged]);
  }
}

async function runPerl(
  script: string,
  args: readonly string[],
  did: ReadonlyMap<string, number>,
): Promise<CanaryRun> {
  const { failed, pid, stderr, seen } = await run('perl', ['-e', script, ...args]);
  if (failed) return nothingDone(`the canary failed: ${stderr === '' ? seen : stderr}`);
  return { pid, endedBootUs: clock.nowBootUs(), did, problems: [] };
}

/** What the canary's intervals prove, line by line; `intervals` are those since it started. */
export function judge(
  runs: readonly CanaryRun[],
  intervals: readonly Interval[],
  plan: readonly PlannedProbe[],
): CoverageLine[] {
  const planned = plan.filter(({ fragment }) => fragment !== null);
  return planned.flatMap(({ probe: name }) => {
    const probe = probes.find((each) => each.name === name);
    return (probe?.operations ?? []).flatMap(({ id, name: op, variants, isRemark }) => {
      const kinds = isRemark === true ? [] : Object.entries(variants);
      const subjects: [string, number | undefined][] =
        kinds.length === 0 ? [[op, undefined]] : kinds.map(([v, k]) => [k, Number(v)]);
      return subjects.map(([subject, variant]) => judgeOne(name, subject, id, variant, runs, intervals));
    });
  });
}

function judgeOne(
  probe: string,
  subject: string,
  opId: number,
  variant: number | undefined,
  runs: readonly CanaryRun[],
  intervals: readonly Interval[],
): CoverageLine {
  const totals = intervals
    .flatMap((interval) => interval.totals)
    .filter((t) => t.opId === opId && (variant === undefined || t.variant === variant));
  const run = runs.find(({ did }) => did.has(subject));
  if (run) {
    const done = run.did.get(subject) ?? 0;
    const seen = sumCounts(totals.filter(({ pid }) => pid === run.pid));
    const reason = `did ${String(done)}, counted ${String(seen)}`;
    if (seen === done) return { probe, subject, state: 'seen', reason, fix: null };
    const fix = 'iotrace doctor tells which program was chosen and why';
    return { probe, subject, state: seen === 0 ? 'missing' : 'partial', reason, fix };
  }
  const seen = sumCounts(totals);
  if (seen > 0)
    return { probe, subject, state: 'seen', reason: `counted ${String(seen)} at start`, fix: null };
  const problem = runs.flatMap(({ problems }) => problems)[0];
  return { probe, subject, state: 'unproven', reason: problem ?? 'not tried at start', fix: null };
}

const sumCounts = (totals: readonly { readonly opCount: number }[]): number =>
  totals.reduce((sum, { opCount }) => sum + opCount, 0);

const nothingDone = (problem: string): CanaryRun => ({
  pid: 0,
  endedBootUs: clock.nowBootUs(),
  did: new Map(),
  problems: [problem],
});
