import type { Flush } from './totals.ts';

/** Something that did not reach the tables in full; a row of the view `loss`. */
export type Loss = {
  readonly kind: string;
  readonly opId: number | null;
  readonly count: number;
  readonly detail: string | null;
};

/** What the kernel counted and what arrived must be the same; what the budget kept out is told. */
export function lossesOf(flush: Flush): Loss[] {
  const uncounted = [...flush.kernelOps].flatMap(([opId, counted]) => [
    ...difference('operations_uncounted', opId, counted, flush.totals, 'missing from the totals'),
    ...difference('latencies_uncounted', opId, counted, flush.buckets, 'missing from the percentiles'),
  ]);
  const suppressed = [...flush.suppressed].map(([opId, count]): Loss => {
    return { kind: 'exemplars_suppressed', opId, count, detail: null };
  });
  return [...uncounted, ...suppressed];
}

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

type Counted = { readonly opId: number; readonly opCount: number };

function difference(
  kind: string,
  opId: number,
  counted: number,
  rows: readonly Counted[],
  detail: string,
): Loss[] {
  const arrived = sumCounts(rows.filter((row) => row.opId === opId));
  return counted === arrived ? [] : [{ kind, opId, count: counted - arrived, detail }];
}

export const sumCounts = (rows: readonly { readonly opCount: number }[]): number =>
  rows.reduce((sum, { opCount }) => sum + opCount, 0);
