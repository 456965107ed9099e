import { kernelOpCount } from '../stream/loss.ts';
import type { LoadedProgram, Programs } from './programs.ts';
import { holdStats } from './stats.ts';
import type { HeldStats } from './stats.ts';
import type { Interval } from '../stream/totals.ts';

/** What the programs did and cost in one interval. */
export type CostSample = {
  readonly startedBootUs: number;
  readonly endedBootUs: number;
  /** Operations counted in the interval. */
  readonly opCount: number;
  readonly runTimeNs: number;
  readonly mapMemoryBytes: number;
  readonly programs: readonly ProgramCost[];
};

/** Programs of the same code are one row. */
export type ProgramCost = {
  readonly name: string;
  readonly programCount: number;
  readonly runCount: number;
  readonly runTimeNs: number;
  readonly missedCount: number;
};

/** Accounting costs some tens of ns a run, so it is on for one interval in this time. */
const SAMPLE_EVERY_US = 60_000_000;

export type CostSampling = {
  /** `now`: what the programs did so far. */
  addInterval(interval: Interval, now: ReadonlyMap<number, LoadedProgram>): CostSample | undefined;
  end(): void;
};

/**
 * Samples the cost of the programs in one interval a minute: the first that began with the kernel's accounting on,
 * which is turned on in the interval before.
 */
export function createCostSampling(programs: Programs): CostSampling {
  let held: HeldStats | undefined;
  let before: ReadonlyMap<number, LoadedProgram> | undefined;
  let nextBootUs = 0;
  const end = (): void => {
    held?.release();
    held = undefined;
    before = undefined;
  };
  return {
    addInterval(interval, now) {
      if (before) {
        const sample = sampleOf(before, now, programs, interval);
        end();
        return sample;
      }
      if (held) {
        if (held.isOn()) before = now;
        else if (interval.endedBootUs >= nextBootUs) end();
        return undefined;
      }
      if (interval.endedBootUs < nextBootUs) return undefined;
      nextBootUs = interval.endedBootUs + SAMPLE_EVERY_US;
      held = holdStats();
      return undefined;
    },
    end,
  };
}

function sampleOf(
  before: ReadonlyMap<number, LoadedProgram>,
  now: ReadonlyMap<number, LoadedProgram>,
  programs: Programs,
  interval: Interval,
): CostSample {
  const costs = costsBetween(before, now, programs.names());
  return {
    startedBootUs: interval.startedBootUs,
    endedBootUs: interval.endedBootUs,
    opCount: kernelOpCount(interval),
    runTimeNs: costs.reduce((sum, { runTimeNs }) => sum + runTimeNs, 0),
    mapMemoryBytes: programs.memoryBytes,
    programs: costs,
  };
}

/** What happened between two readings, by name; pure. */
export function costsBetween(
  before: ReadonlyMap<number, LoadedProgram>,
  after: ReadonlyMap<number, LoadedProgram>,
  names: ReadonlyMap<string, string>,
): ProgramCost[] {
  const costs = new Map<string, ProgramCost>();
  for (const [id, now] of after) {
    const then = before.get(id);
    const name = names.get(now.tag) ?? now.tag;
    const known = costs.get(name);
    costs.set(name, {
      name,
      programCount: (known?.programCount ?? 0) + 1,
      runCount: (known?.runCount ?? 0) + now.runCount - (then?.runCount ?? 0),
      runTimeNs: (known?.runTimeNs ?? 0) + now.runTimeNs - (then?.runTimeNs ?? 0),
      missedCount: (known?.missedCount ?? 0) + now.missedCount - (then?.missedCount ?? 0),
    });
  }
  return [...costs.values()];
}
