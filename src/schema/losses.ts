/** What may not have reached the tables in full, kind by kind: rows of the view `loss`. */

type LossDefinition = {
  /** What there are so many of, for people. */
  readonly meaning: string;
  /** How it comes about; `null`: the meaning says it. */
  readonly cause: string | null;
  /** The best that is no longer all there is: totals are counts, bytes, sums and maxima. */
  readonly touches: 'totals' | 'percentiles' | 'exemplars' | 'nothing';
};

const UNCOUNTED = 'a full map, a lost interval, a full disk';

export const losses = {
  exemplars_suppressed: {
    meaning: 'single events beyond the budget, the totals count them',
    cause: null,
    touches: 'exemplars',
  },
  exemplars_lost: {
    meaning: 'single events that did not arrive, the totals count them',
    cause: null,
    touches: 'exemplars',
  },
  operations_uncounted: { meaning: 'missing from the totals', cause: UNCOUNTED, touches: 'totals' },
  latencies_uncounted: { meaning: 'missing from the percentiles', cause: UNCOUNTED, touches: 'percentiles' },
  programs_skipped: {
    meaning: 'probes that the kernel skipped',
    cause:
      'another ran, or bpftrace read a map, on the same CPU: as many operations may be missing, none need be',
    touches: 'totals',
  },
  // Totals that were among them are in operations_uncounted.
  records_lost: { meaning: "of bpftrace's output", cause: 'its buffer overran', touches: 'exemplars' },
  record_rejected: { meaning: 'lines that made no sense', cause: null, touches: 'exemplars' },
  control_refused: {
    meaning: 'commands to the tracer that came from another process and were not obeyed',
    cause: null,
    touches: 'nothing',
  },
  gap: { meaning: 'times no capture ran', cause: null, touches: 'totals' },
} as const satisfies Readonly<Record<string, LossDefinition>>;

export type LossKind = keyof typeof losses;

/** What is known of a kind in a database, which a newer version may have written. */
export function lossDefinition(kind: string): LossDefinition | undefined {
  return isLossKind(kind) ? losses[kind] : undefined;
}

const isLossKind = (kind: string): kind is LossKind => Object.hasOwn(losses, kind);
