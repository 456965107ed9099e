import type { LossKind } from '../../schema/losses.ts';
import { operations } from '../../schema/probes/index.ts';
import type { Interval } from './totals.ts';

/** Something that did not reach the tables in full; a row of the view `loss`. */
export type Loss = {
  readonly kind: LossKind;
  readonly opId: number | null;
  readonly count: number;
  readonly detail: string | null;
};

/** What the budget kept out. */
export function suppressedOf(interval: Interval): Loss[] {
  return [...interval.suppressed].map(([opId, count]): Loss => ({
    kind: 'exemplars_suppressed',
    opId,
    count,
    detail: null,
  }));
}

/** Who else tried to command the program. */
export function refusedOf({ refusedCount }: Interval): Loss[] {
  if (refusedCount === 0) return [];
  return [{ kind: 'control_refused', opId: null, count: refusedCount, detail: 'kill(2) with the token' }];
}

/**
 * Holds what the kernel counted against what arrived, operation by operation. A program that was held
 * up across a turn of the maps adds to the kernel's count in one interval and to the totals in a later
 * one: what is missing counts as lost when it still is after its maps were printed again.
 */
export function createBalance(): {
  /** What is now given up; with `isLast` everything that is missing. */
  check(interval: Interval, isLast?: boolean): Loss[];
} {
  const accounts = new Map<string, Account>();
  const settle = (kind: LossKind, opId: number, missing: number, isLast: boolean, detail: string): Loss[] => {
    const account = accounts.get(`${kind} ${String(opId)}`) ?? { balances: [0], reported: 0 };
    accounts.set(`${kind} ${String(opId)}`, account);
    const balance = (account.balances.at(-1) ?? 0) + missing;
    account.balances = [...account.balances, balance].slice(-FLUSHES_TO_MEND);
    const lost = (isLast ? balance : Math.min(...account.balances)) - account.reported;
    if (lost <= 0) return [];
    account.reported += lost;
    return [{ kind, opId, count: lost, detail }];
  };
  return {
    check: (interval, isLast = false) => {
      const [totals, buckets] = [countByOp(interval.totals), countByOp(interval.buckets)];
      return operations.flatMap(({ id }) => {
        const counted = interval.kernelOps.get(id) ?? 0;
        const stored = counted - (totals[id] ?? 0);
        const bucketed = counted - (buckets[id] ?? 0);
        return [
          ...settle('operations_uncounted', id, stored, isLast, 'missing from the totals'),
          ...settle('latencies_uncounted', id, bucketed, isLast, 'missing from the percentiles'),
        ];
      });
    },
  };
}

type Account = { balances: number[]; reported: number };

/** Each of the two sets of maps is printed every other interval. */
const FLUSHES_TO_MEND = 3;

/**
 * Exemplars on their way through bpftrace's buffers, which drop some when they are full, and do not
 * always say so.
 */
export function createTransit(): {
  arrived(opId: number): void;
  /** Those of `sent` (since the start, by op id) that are now given up. */
  lost(sent: ReadonlyMap<number, number>): Loss[];
} {
  const settled = new Map<number, number>();
  const settle = (opId: number, count: number): void => {
    settled.set(opId, (settled.get(opId) ?? 0) + count);
  };
  return {
    arrived(opId) {
      settle(opId, 1);
    },
    lost: (sent) =>
      [...sent].flatMap(([opId, count]): Loss[] => {
        const gone = count - (settled.get(opId) ?? 0);
        if (gone <= 0) return [];
        settle(opId, gone);
        return [
          {
            kind: 'exemplars_lost',
            opId,
            count: gone,
            detail: "in bpftrace's buffer; the totals count them",
          },
        ];
      }),
  };
}

/** Operations by op id. */
function countByOp(rows: readonly { readonly opId: number; readonly opCount: number }[]): number[] {
  const counts: number[] = [];
  for (const { opId, opCount } of rows) counts[opId] = (counts[opId] ?? 0) + opCount;
  return counts;
}

export const sumCounts = (rows: readonly { readonly opCount: number }[]): number =>
  rows.reduce((sum, { opCount }) => sum + opCount, 0);

/** Operations of every kind that the kernel counted in an interval. */
export const kernelOpCount = ({ kernelOps }: Interval): number =>
  [...kernelOps.values()].reduce((sum, count) => sum + count, 0);
