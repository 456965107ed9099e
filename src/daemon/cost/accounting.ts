import type { Db } from '../../schema/open.ts';
import type { Tracer } from '../bpftrace/tracer.ts';
import type { CostSample, CostSampling, ProgramCost } from './sampling.ts';
import { costsBetween, createCostSampling } from './sampling.ts';
import { createGovernor, LEVELS } from './governor.ts';
import type { GovernorStep, Usage } from './governor.ts';
import { createCostMeter } from './meter.ts';
import type { Cost } from './meter.ts';
import { kernelOpCount } from '../stream/loss.ts';
import { findPrograms } from './programs.ts';
import type { LoadedProgram, Programs } from './programs.ts';
import type { Interval } from '../stream/totals.ts';

/** Where what it finds is written. */
export type CostRows = {
  sampled(sample: CostSample): void;
  governed(step: GovernorStep): void;
};

/** What a capture costs and misses, kept with every interval; and kept within bounds. */
export type Accounting = {
  /** CPU time since it was last asked, and memory, disk space now. */
  readonly measure: () => Cost;
  /** The probes are attached. What compiling and attaching cost is no part of the first interval. */
  begin(): void;
  /** The programs of which the kernel skipped runs since the last interval. */
  addInterval(interval: Interval, cost: Cost): { readonly skipped: readonly ProgramCost[] };
  end(): void;
};

export function createAccounting(
  db: Db,
  session: CostRows,
  tracer: () => Pick<Tracer, 'pid' | 'control'>,
  maxCpuPercent: number,
): Accounting {
  const measure = createCostMeter(db, () => tracer().pid);
  let programs: Programs | undefined;
  let sampling: CostSampling | undefined;
  const governor = createGovernor(maxCpuPercent);
  let before: ReadonlyMap<number, LoadedProgram> = new Map();
  let lastSample: CostSample | undefined;

  const govern = (usage: Usage): void => {
    const step = governor.addInterval(usage);
    const level = step && LEVELS[step.level];
    if (!level) return;
    tracer().control.setBudgets(level);
    session.governed({ ...step, detail: level.detail, maxCpuPercent });
  };

  return {
    measure,
    begin() {
      programs = findPrograms(tracer().pid);
      sampling = createCostSampling(programs);
      measure();
    },
    addInterval(interval, cost) {
      if (!programs || !sampling) return { skipped: [] };
      const now = programs.read();
      const sample = sampling.addInterval(interval, now);
      if (sample) session.sampled(sample);
      lastSample = sample ?? lastSample;
      govern(usageOf(interval, cost, lastSample));
      const skipped = skippedBetween(before, now);
      // The names are in a file of megabytes (/proc/kallsyms): not read before there is something to name.
      const costs = skipped.size === 0 ? [] : costsBetween(before, skipped, programs.names());
      before = now;
      return { skipped: costs };
    },
    end() {
      sampling?.end();
    },
  };
}

/** The programs of which the kernel skipped runs between two readings. */
function skippedBetween(before: ReadonlyMap<number, LoadedProgram>, now: ReadonlyMap<number, LoadedProgram>) {
  return new Map(
    [...now].filter(([id, { missedCount }]) => missedCount > (before.get(id)?.missedCount ?? 0)),
  );
}

/** Share of one CPU in the interval; the kernel's part is reckoned from the last sample's cost of an operation. */
function usageOf(interval: Interval, cost: Cost, sample: CostSample | undefined): Usage {
  const intervalUs = Math.max(1, interval.endedBootUs - interval.startedBootUs);
  const nsPerOperation = sample ? sample.runTimeNs / Math.max(1, sample.opCount) : 0;
  return {
    kernelPercent: (100 * kernelOpCount(interval) * nsPerOperation) / 1000 / intervalUs,
    userPercent: (100 * (cost.daemonCpuUs + cost.bpftraceCpuUs)) / intervalUs,
  };
}
