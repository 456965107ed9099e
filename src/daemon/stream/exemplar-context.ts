import type { BlockError, Exemplar, KernelRecord, SyncStages } from './decode.ts';
import { createInflight } from './inflight.ts';
import type { InflightSlot } from './inflight.ts';

/** What goes with the exemplars of an interval and helps to explain them. */
export type ExemplarContext = {
  readonly stages: ReadonlyMap<Exemplar, SyncStages>;
  readonly inflight: readonly InflightSlot[];
  readonly blockErrors: readonly BlockError[];
};

export const NO_EXEMPLAR_CONTEXT: ExemplarContext = { stages: new Map(), inflight: [], blockErrors: [] };

/** Stages whose exemplar was lost on the way are given up beyond this many. */
const WAITING_STAGES_MAX = 1000;

/** Gathers context as it arrives; emptied at each interval. */
export function createExemplarContext(): {
  learn(record: Extract<KernelRecord, { type: 'sync_stages' | 'block_error' }>): void;
  exemplar(exemplar: Exemplar): void;
  addMap(name: string, entries: ReadonlyMap<string, number>): void;
  take(exemplars: readonly Exemplar[]): ExemplarContext;
} {
  const inflight = createInflight();
  let waiting = new Map<string, SyncStages>();
  let stages = new Map<Exemplar, SyncStages>();
  let blockErrors: BlockError[] = [];
  return {
    learn(record) {
      if (record.type === 'block_error') {
        blockErrors.push(record);
        return;
      }
      if (waiting.size >= WAITING_STAGES_MAX) waiting = new Map();
      waiting.set(keyOf(record), record);
    },
    exemplar(exemplar) {
      const found = waiting.get(keyOf(exemplar));
      if (!found) return;
      waiting.delete(keyOf(exemplar));
      stages.set(exemplar, found);
    },
    addMap(name, entries) {
      if (name === '@inflight') inflight.add(entries);
    },
    take(exemplars) {
      for (const { bootUs, latencyNs } of exemplars) inflight.want(bootUs - latencyNs / 1000, bootUs);
      const taken = { stages, inflight: inflight.take(), blockErrors };
      stages = new Map();
      blockErrors = [];
      return taken;
    },
  };
}

const keyOf = ({ tid, latencyNs }: { tid: number; latencyNs: number }): string =>
  `${String(tid)}:${String(latencyNs)}`;
