import type { Cost } from '../cost/meter.ts';
import type { Exemplar, KernelRecord } from '../stream/decode.ts';
import type { Reject } from '../stream/envelope.ts';
import { createExemplarContext, NO_EXEMPLAR_CONTEXT } from '../stream/exemplar-context.ts';
import type { ExemplarContext } from '../stream/exemplar-context.ts';
import { createBalance, createTransit, refusedOf, suppressedOf } from '../stream/loss.ts';
import type { Loss } from '../stream/loss.ts';
import type { Interval } from '../stream/totals.ts';

/** Everything one interval becomes rows of. */
export type IntervalRecord = {
  readonly interval: Interval;
  readonly exemplars: readonly Exemplar[];
  readonly context: ExemplarContext;
  readonly losses: readonly Loss[];
  readonly cost: Cost;
};

/** Gathers what comes beside the totals until the interval is over. */
export type IntervalRecords = {
  add(record: Extract<KernelRecord, { type: 'exemplar' | 'sync_stages' | 'block_error' }>): void;
  addMap(name: string, entries: ReadonlyMap<string, number>): void;
  addLoss(loss: Loss): void;
  addReject(reject: Reject): void;
  close(interval: Interval, cost: Cost): IntervalRecord;
  /** What came after the last interval, and what has not come at all; `undefined` when all is accounted for. */
  closeRest(cost: () => Cost): IntervalRecord | undefined;
};

/** An exemplar may wait in its CPU's buffer; after so many intervals it is given up. */
const TRANSIT_INTERVALS = 6;
const SAMPLE_LENGTH = 200;

export function createIntervalRecords(): IntervalRecords {
  const balance = createBalance();
  const transit = createTransit();
  const context = createExemplarContext();
  const sentBefore: Interval['sent'][] = [];
  let exemplars: Exemplar[] = [];
  let losses: Loss[] = [];
  let last: Interval | undefined;

  const close = (interval: Interval, cost: Cost): IntervalRecord => {
    sentBefore.push(interval.sent);
    const due = sentBefore.length > TRANSIT_INTERVALS ? sentBefore.shift() : undefined;
    if (due) losses.push(...transit.lost(due));
    const record = {
      interval,
      exemplars,
      context: context.take(exemplars),
      losses: [...losses, ...balance.check(interval), ...suppressedOf(interval), ...refusedOf(interval)],
      cost,
    };
    last = interval;
    exemplars = [];
    losses = [];
    return record;
  };

  return {
    add(record) {
      if (record.type !== 'exemplar') {
        context.learn(record);
        return;
      }
      context.exemplar(record);
      exemplars.push(record);
      transit.arrived(record.opId);
    },
    addMap(name, entries) {
      context.addMap(name, entries);
    },
    addLoss(loss) {
      losses.push(loss);
    },
    addReject({ rejected }) {
      const detail = rejected.slice(0, SAMPLE_LENGTH);
      losses.push({ kind: 'record_rejected', opId: null, count: 1, detail });
    },
    close,
    closeRest(cost) {
      if (!last) return undefined;
      losses.push(...transit.lost(last.sent), ...balance.check(emptied(last), true));
      return exemplars.length > 0 || losses.length > 0 ? close(emptied(last), cost()) : undefined;
    },
  };
}

/** The oldest interval is given up; the next one says what went with it. */
export function dropOldest(
  [oldest, ...rest]: readonly IntervalRecord[],
  { message }: Error,
): IntervalRecord[] {
  if (!oldest) return [];
  const gone = [...oldest.interval.kernelOps].map(([opId, count]): Loss => {
    return { kind: 'operations_uncounted', opId, count, detail: message };
  });
  const [next, ...later] = rest;
  const heir = next ?? {
    ...oldest,
    interval: emptied(oldest.interval),
    exemplars: [],
    context: NO_EXEMPLAR_CONTEXT,
    losses: [],
  };
  return [{ ...heir, losses: [...oldest.losses, ...gone, ...heir.losses] }, ...later];
}

const emptied = (interval: Interval): Interval => ({
  ...interval,
  startedBootUs: interval.endedBootUs,
  totals: [],
  buckets: [],
  kernelOps: new Map(),
  suppressed: new Map(),
  refusedCount: 0,
});
