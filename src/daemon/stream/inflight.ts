import { INFLIGHT_SLOT_US } from '../../schema/probes/block.ts';

/**
 * Whose I/O was in flight on which disk, in slots of time. The kernel adds up all of them; only those
 * in which an exemplar was under way are worth a row.
 */
export type InflightSlot = {
  /** Start of the slot, µs since boot. */
  readonly slotBootUs: number;
  readonly dev: number;
  readonly cgroupId: number;
  /** Time that requests spent in the slot, ns, added up over requests: may exceed the slot's length. */
  readonly inflightNs: number;
};

export type Inflight = {
  /** The entries of the map `@inflight`: "dev,cgroup,slot" → ns. */
  add(entries: ReadonlyMap<string, number>): void;
  /** Something slow was under way from `startedBootUs` to `endedBootUs`. */
  want(startedBootUs: number, endedBootUs: number): void;
  /** The wanted slots that have arrived and were not taken yet. */
  take(): InflightSlot[];
};

/** An exemplar may arrive before its slots do, or after: both wait a minute for each other. */
const KEPT_SLOTS = 600;
/** Of an operation that took longer, the last minute. */
const WANTED_MAX = KEPT_SLOTS;

export function createInflight(): Inflight {
  let slots = new Map<number, InflightSlot[]>();
  let wanted = new Set<number>();
  let latest = 0;
  const forgetOld = (): void => {
    const isRecent = (slot: number): boolean => slot > latest - KEPT_SLOTS;
    slots = new Map([...slots].filter(([slot]) => isRecent(slot)));
    wanted = new Set([...wanted].filter(isRecent));
  };
  return {
    add(entries) {
      for (const [key, inflightNs] of entries) {
        const [dev = 0, cgroupId = 0, slot = 0] = key.split(',').map(Number);
        const row = { slotBootUs: slot * INFLIGHT_SLOT_US, dev, cgroupId, inflightNs };
        slots.set(slot, [...(slots.get(slot) ?? []), row]);
        latest = Math.max(latest, slot);
      }
      forgetOld();
    },
    want(startedBootUs, endedBootUs) {
      const last = Math.floor(endedBootUs / INFLIGHT_SLOT_US);
      const first = Math.max(Math.floor(startedBootUs / INFLIGHT_SLOT_US), last - WANTED_MAX);
      for (let slot = first; slot <= last; slot += 1) wanted.add(slot);
    },
    take() {
      const taken = [...slots].filter(([slot]) => wanted.has(slot));
      for (const [slot] of taken) slots.delete(slot);
      return taken.flatMap(([, rows]) => rows);
    },
  };
}
