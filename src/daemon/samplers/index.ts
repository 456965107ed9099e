import type { Db } from '../../schema/open.ts';
import type { SamplerName } from '../../schema/samplers.ts';
import { nowUs, wallUs } from '../../schema/units.ts';
import type { Roots } from '../lookups/roots.ts';
import type { Lookups } from '../lookups/lookups.ts';
import { createWriteQueue } from '../store/write-queue.ts';
import { createBlockSettings } from './block-settings.ts';
import { createCgroupIo } from './cgroup-io.ts';
import { createCgroupLimits } from './cgroup-limits.ts';
import { createCosts } from './costs.ts';
import { createCpu } from './cpu.ts';
import { createDeletedFiles } from './deleted-files.ts';
import { createDiskstats } from './diskstats.ts';
import { createFilesystems } from './filesystems.ts';
import { createKernelLog } from './kernel-log.ts';
import { createMemorySampler } from './memory.ts';
import { createMountStates } from './mounts.ts';
import { createPressure } from './pressure.ts';
import type { Problem } from './problem.ts';
import { createProblems } from './problems.ts';
import { createProcessIo } from './process-io.ts';
import { createRuntimeLog } from './runtime-log.ts';
import type { Instant, Reading, Sampler, Sight } from './sampler.ts';
import { createSampleStore } from './store.ts';
import type { SampleStore, Tick } from './store.ts';
import type { Row } from './table.ts';
import { createTargets } from './targets.ts';
import { createUpperdirs } from './upperdirs.ts';

export type SamplerOptions = {
  readonly databasePath: string;
  /** Between two ticks: that of the capture's flushes, but a second at least. */
  readonly intervalMs: number;
  /** Which to run. */
  readonly samplers: readonly SamplerName[];
};

export type Samplers = {
  /** A last tick, then no more. */
  stop(): void;
};

type Create = (sight: Sight, options: SamplerOptions) => Sampler;

/** In the order of a tick: what is compared with other tools first, so that its interval is the tick's. */
const CATALOGUE: Readonly<Record<SamplerName, Create>> = {
  diskstats: createDiskstats,
  cpu: createCpu,
  memory: createMemorySampler,
  pressure: createPressure,
  'cgroup-io': createCgroupIo,
  'process-io': createProcessIo,
  filesystems: (sight, { databasePath }) => createFilesystems(sight, databasePath),
  upperdirs: createUpperdirs,
  mounts: createMountStates,
  'block-settings': createBlockSettings,
  'cgroup-limits': createCgroupLimits,
  'kernel-log': () => createKernelLog(),
  'runtime-log': ({ mounts }) => createRuntimeLog(mounts),
  'deleted-files': createDeletedFiles,
};

const TICK_MIN_MS = 1000;
const MINUTE_US = 60e6;
const MOUNTS_EVERY_US = 30e6;

/** Reads /proc and /sys beside the capture, from now until `stop()`. A sampler that fails stops no other. */
export function startSamplers(
  db: Db,
  session: { readonly sessionId: number },
  bootId: string,
  roots: Roots,
  lookups: Lookups,
  options: SamplerOptions,
): Samplers {
  const round = createRound(db, session.sessionId, bootId, roots, lookups, options);
  round.tick(thisInstant());
  const timer = setInterval(
    () => {
      round.tick(thisInstant());
    },
    Math.max(TICK_MIN_MS, options.intervalMs),
  );
  return {
    stop() {
      clearInterval(timer);
      round.end(thisInstant());
    },
  };
}

/** The kernel's log counts in CLOCK_MONOTONIC, which hrtime is. */
function thisInstant(): Instant {
  return { wallUs: nowUs(), monotonicUs: Number(process.hrtime.bigint() / 1000n) };
}

type Round = { tick(now: Instant): void; end(now: Instant): void };

/** The samplers without their clock. */
export function createRound(
  db: Db,
  sessionId: number,
  bootId: string,
  roots: Roots,
  { mounts, devices, containers, cgroups }: Pick<Lookups, 'mounts' | 'devices' | 'containers' | 'cgroups'>,
  options: SamplerOptions,
): Round {
  const targets = createTargets(cgroups, containers);
  const sight: Sight = { roots, mounts, devices, containers, targets };
  const running = options.samplers.map((name) => ({
    name,
    sampler: CATALOGUE[name](sight, options),
    dueUs: -Infinity,
  }));
  const problems = createProblems();
  const backlog = createBacklog(createSampleStore(db, sessionId, bootId, sight));
  const refresh = createRefresh(sight);
  const costs = createCosts();
  let before: Instant | undefined;
  let heartbeatUs = -Infinity;

  const readAll = (now: Instant): Row[] =>
    running.flatMap((each) => {
      // A timer is some ms late or early: what is nearly due is due.
      if (now.monotonicUs < each.dueUs - 500_000) return [];
      each.dueUs = now.monotonicUs + each.sampler.everyMs * 1000;
      const reading = costs.measure(each.name, now.wallUs, () => sampleSafely(each.sampler, now));
      problems.note(each.name, reading.problems);
      return reading.rows;
    });
  const tick = (now: Instant, isLast: boolean): void => {
    costs.measure('targets', now.wallUs, () => {
      refresh(now);
      return { rows: [] };
    });
    const rows = readAll(now);
    const isHeartbeat = isLast || now.monotonicUs - heartbeatUs >= MINUTE_US;
    if (isHeartbeat && before) heartbeatUs = now.monotonicUs;
    backlog.add({
      // The wall clock may step; how long the interval was the monotonic one tells.
      startedUs: before && wallUs(now.wallUs - (now.monotonicUs - before.monotonicUs)),
      endedUs: now.wallUs,
      rows,
      isHeartbeat,
      problems: problems.changes(),
      costs: costs.due(now.wallUs, isLast),
    });
    before = now;
    costs.measure('store', now.wallUs, () => {
      problems.note('store', backlog.write());
      return { rows };
    });
  };
  return {
    tick(now) {
      tick(now, false);
    },
    end(now) {
      tick(now, true);
      for (const { sampler } of running) sampler.close?.();
      targets.close();
    },
  };
}

/** Looks what the host has now, before the samplers do. */
function createRefresh({ mounts, targets }: Sight): (now: Instant) => void {
  let mountsUs = -Infinity;
  let generation = -1;
  return (now) => {
    const isFresh = mounts.generation() !== generation;
    if (!isFresh && now.monotonicUs - mountsUs >= MOUNTS_EVERY_US) mounts.refresh();
    if (isFresh || mounts.generation() !== generation) mountsUs = now.monotonicUs;
    generation = mounts.generation();
    targets.refresh();
  };
}

/** Ticks that are not written yet. */
function createBacklog(store: SampleStore) {
  let droppedCount = 0;
  const queue = createWriteQueue(
    (tick: Tick) => {
      store.write(tick);
    },
    ([, ...later]) => {
      droppedCount += 1;
      return later;
    },
  );
  return {
    add(tick: Tick): void {
      queue.add(tick);
    },
    /** Writes what it can; what it can't is kept for the next time. */
    write(): Problem[] {
      const error = queue.flush();
      if (error) return [unwritten(error.message, queue.length, droppedCount)];
      return droppedCount === 0 ? [] : [givenUp(droppedCount)];
    },
  };
}

function sampleSafely(sampler: Sampler, now: Instant): Reading {
  try {
    return sampler.sample(now);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { rows: [], problems: [{ subject: 'sampler', state: 'missing', reason, fix: null }] };
  }
}

function unwritten(seen: string, waitingCount: number, droppedCount: number): Problem {
  const reason = `${String(waitingCount)} ticks wait to be written, ${String(droppedCount)} were given up: ${seen}`;
  return { subject: 'database', state: 'partial', reason, fix: null };
}

function givenUp(count: number): Problem {
  const reason = `${String(count)} ticks could not be written and were given up`;
  return { subject: 'database', state: 'partial', reason, fix: null };
}
