import { dirname } from 'node:path';
import { judge, runCanary } from './canary.ts';
import type { CoverageLine, PlannedProbe, RecordOptions } from '../contract.ts';
import type { Session } from '../store/session.ts';
import type { Interval } from '../stream/totals.ts';

/** Where a disk is likely, should the recording itself be in memory. */
const DISK_FOLDERS = ['/var/lib', '/var/tmp', '/var/lib/containerd', '/var/lib/docker'];

export type CoverageCheck = {
  /** The probes are attached. */
  begin(): void;
  add(interval: Interval): void;
  /** The canary has ended. */
  settled(): Promise<void>;
};

/** Runs the canary once the probes are attached, and judges it by the first interval that began after it. */
export function createCoverage(
  session: Session,
  plan: readonly PlannedProbe[],
  options: RecordOptions,
): CoverageCheck {
  const intervals: Interval[] = [];
  let runs: Awaited<ReturnType<typeof runCanary>> | undefined;
  let running: Promise<void> = Promise.resolve();
  let isJudged = false;
  const judgeOnce = (): void => {
    if (isJudged || !runs) return;
    const done = Math.max(0, ...runs.map(({ endedBootUs }) => endedBootUs));
    if (!intervals.some(({ endedBootUs }) => endedBootUs >= done)) return;
    isJudged = true;
    const lines = onePerSubject([...judge(runs, intervals, plan), ...plan.flatMap(({ gaps }) => gaps)]);
    session.proven(lines);
    options.onReady?.(lines);
  };
  return {
    begin() {
      running = runCanary([dirname(options.databasePath), ...DISK_FOLDERS], plan).then((result) => {
        runs = result;
        judgeOnce();
      });
    },
    add(interval: Interval) {
      if (isJudged) return;
      intervals.push(interval);
      judgeOnce();
    },
    settled: () => running,
  };
}

/** Kinds that reads and writes share are seen when either is; what is known to be a gap is one, tried or not. */
export function onePerSubject(lines: readonly CoverageLine[]): CoverageLine[] {
  const bySubject = new Map<string, CoverageLine>();
  for (const line of lines) {
    const key = JSON.stringify([line.probe, line.subject]);
    if (line.state !== 'unproven' || !bySubject.has(key)) bySubject.set(key, line);
  }
  return [...bySubject.values()];
}
