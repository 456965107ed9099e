import { formatCount, formatElapsed } from '../../schema/units.ts';
import type { CoverageRow } from '../reports/coverage.ts';
import type { LossSum } from '../reports/losses.ts';
import { gapLines, lossLines } from './footnotes.ts';
import { visible } from './text.ts';

/** What a recording came to, as the daemon sums it up. */
export type Recorded = {
  readonly databasePath: string;
  readonly durationMs: number;
  readonly endedHow: string;
  readonly operations: readonly { readonly op: string; readonly op_count: number }[];
  readonly losses: readonly LossSum[];
};

/** The line that says recording has begun, then what it can't see. */
export function readyLines(coverage: readonly CoverageRow[], howItEnds: string): string[] {
  const seen = new Set(coverage.filter(({ state }) => state === 'seen').map(({ probe }) => probe));
  const proven = seen.size === 0 ? 'nothing proven' : `proven: ${[...seen].join(', ')}`;
  return [`Recording (${proven}). ${howItEnds}`, ...gapLines(coverage)];
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
