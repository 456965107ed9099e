import { probes } from '../../schema/probes/index.ts';
import { formatCount, formatElapsed } from '../../schema/units.ts';
import type { CoverageRow } from '../reports/coverage.ts';
import type { LossSum } from '../reports/losses.ts';
import { gapSentences, lossLines } from './footnotes.ts';
import { visible } from './text.ts';

/** What a recording came to, as the daemon sums it up. */
export type Recorded = {
  readonly databasePath: string;
  readonly durationMs: number;
  readonly endedHow: string;
  readonly operations: readonly { readonly op: string; readonly op_count: number }[];
  readonly losses: readonly LossSum[];
};

/** That recording has begun, and in a line what this kernel keeps from being seen. */
export function readyLines(
  coverage: readonly CoverageRow[],
  databasePath: string,
  howItEnds: string,
): string[] {
  const attached = probes.filter(({ name }) =>
    coverage.some(({ probe, state }) => probe === name && state !== 'missing'),
  );
  const gaps = gapSentences(coverage);
  return [
    `Recording ${attached.map(({ name }) => name).join(', ')} into ${databasePath}. ${howItEnds}`,
    ...(gaps.length === 0 ? [] : [`${gaps.join('. ')}. Why, and what to do about it: iotrace status`]),
    ...(coverage.some(({ state }) => state === 'seen')
      ? []
      : ['None of it was seen when tried at start: sudo iotrace doctor']),
  ].map(visible);
}

/** What was recorded, lost, and how it ended. */
export function recordedLines({
  databasePath,
  durationMs,
  endedHow,
  operations,
  losses,
}: Recorded): string[] {
  const counts = operations.filter(({ op_count }) => op_count > 0);
  const what =
    counts.length === 0
      ? 'no operation happened'
      : counts.map(({ op, op_count }) => `${op} ${formatCount(op_count)}`).join(', ');
  return [
    `Recorded ${formatElapsed(durationMs * 1000)} into ${databasePath}: ${what}. Ended: ${endedHow}.`,
    ...lossLines(losses),
  ].map(visible);
}
