import type { FileIdentity, KernelRecord } from './decode.ts';
import type { Message } from './envelope.ts';

/** The totals of one (operation, variant, cgroup, process, file) in one interval. */
export type Total = {
  readonly opId: number;
  readonly variant: number;
  readonly cgroupId: number;
  readonly pid: number;
  readonly file: FileIdentity;
  opCount: number;
  errorCount: number;
  sizeBytes: number;
  latencyNs: number;
  latencyNsMax: number;
  innerNs: number;
};

export type BucketTotal = {
  readonly opId: number;
  readonly variant: number;
  readonly cgroupId: number;
  readonly dev: number;
  readonly bucket: number;
  opCount: number;
};

/** Everything counted between two turns of the maps. */
export type Flush = {
  readonly sequence: number;
  readonly startedBootUs: number;
  readonly endedBootUs: number;
  readonly totals: readonly Total[];
  readonly buckets: readonly BucketTotal[];
  /** Operations by op id that the kernel counted since the same maps were last printed. */
  readonly kernelOps: ReadonlyMap<number, number>;
  /** Exemplars by op id kept out by the budget since the last flush. */
  readonly suppressed: ReadonlyMap<number, number>;
  /** Exemplars by op id sent since the start. */
  readonly sent: ReadonlyMap<number, number>;
};

type Header = Extract<KernelRecord, { type: 'flush' }>;

/** Puts the maps printed between `flush` and `flushed` together, and those bpftrace prints when it ends. */
export function createFlushReader(): {
  begin(header: Header): void;
  add(message: Extract<Message, { type: 'map' | 'stats' }>): void;
  end(sequence: number): Flush | undefined;
  /** What came after the last flush: the maps as they were when bpftrace ended. */
  rest(endedBootUs: number): Flush | undefined;
} {
  let header: Header | undefined;
  let totals = new Map<string, Total>();
  let buckets = new Map<string, BucketTotal>();
  let opsNow: ReadonlyMap<string, number> = new Map();
  let suppressedNow: ReadonlyMap<string, number> = new Map();
  let sentNow: ReadonlyMap<string, number> = new Map();
  let opsBefore: ReadonlyMap<string, number> = new Map();
  let suppressedBefore: ReadonlyMap<string, number> = new Map();

  let lastEndedBootUs = 0;
  let lastSequence = 0;

  const close = ({ sequence, startedBootUs, endedBootUs, set }: Header): Flush => {
    const flush = {
      sequence,
      // Whatever was counted since the last flush is in this one, also when a turn in between was not printed.
      startedBootUs: lastSequence > 0 ? lastEndedBootUs : startedBootUs,
      endedBootUs,
      totals: [...totals.values()],
      buckets: [...buckets.values()],
      kernelOps: kernelDelta(opsNow, opsBefore, set),
      suppressed: delta(suppressedNow, suppressedBefore),
      sent: new Map([...sentNow].map(([op, count]): [number, number] => [Number(op), count])),
    };
    opsBefore = advance(opsBefore, opsNow, set);
    suppressedBefore = suppressedNow;
    header = undefined;
    totals = new Map();
    buckets = new Map();
    lastEndedBootUs = endedBootUs;
    lastSequence = sequence;
    return flush;
  };

  return {
    begin(next) {
      header = next;
    },
    add(message) {
      const measure = measureOf(message.name);
      if (message.name === '@ops') opsNow = numbers(message);
      else if (message.name === '@suppressed') suppressedNow = numbers(message);
      else if (message.name === '@sent') sentNow = numbers(message);
      else if (measure === 'bucket') addBuckets(buckets, numbers(message));
      else if (measure !== undefined) addTotals(totals, measure, message);
    },
    end: (sequence) => (header?.sequence === sequence ? close(header) : undefined),
    rest(endedBootUs) {
      if (!header && totals.size === 0) return undefined;
      // The header goes through a buffer that may have had no room.
      const synthetic = {
        type: 'flush',
        sequence: lastSequence + 1,
        startedBootUs: lastEndedBootUs,
        endedBootUs,
      } as const;
      return close({ ...(header ?? synthetic), set: 2 });
    },
  };
}

function addTotals(
  totals: Map<string, Total>,
  measure: string,
  message: Extract<Message, { type: 'map' | 'stats' }>,
): void {
  for (const [key, value] of message.entries) {
    const total = totals.get(key) ?? newTotal(key);
    if (!total) continue;
    totals.set(key, total);
    if (typeof value === 'object') {
      total.opCount += value.count;
      total.latencyNs += value.total;
      continue;
    }
    switch (measure) {
      case 'max':
        total.latencyNsMax = Math.max(total.latencyNsMax, value);
        break;
      case 'bytes':
        total.sizeBytes += value;
        break;
      case 'inner':
        total.innerNs += value;
        break;
      case 'errors':
        total.errorCount += value;
        break;
      default:
        break;
    }
  }
}

function addBuckets(buckets: Map<string, BucketTotal>, entries: ReadonlyMap<string, number>): void {
  for (const [key, opCount] of entries) {
    const known = buckets.get(key);
    if (known) {
      known.opCount += opCount;
      continue;
    }
    const [opId, variant, cgroupId, dev, bucket] = key.split(',').map(Number);
    if (opId === undefined || variant === undefined || cgroupId === undefined) continue;
    if (dev === undefined || bucket === undefined) continue;
    buckets.set(key, { opId, variant, cgroupId, dev, bucket, opCount });
  }
}

function newTotal(key: string): Total | undefined {
  const [opId, variant, cgroupId, pid, dev, ino, hash] = key.split(',').map(unsigned);
  if (opId === undefined || variant === undefined || cgroupId === undefined || pid === undefined)
    return undefined;
  if (dev === undefined || ino === undefined || hash === undefined) return undefined;
  const counts = { opCount: 0, errorCount: 0, sizeBytes: 0, latencyNs: 0, latencyNsMax: 0, innerNs: 0 };
  return { opId, variant, cgroupId, pid, file: { dev, ino, hash }, ...counts };
}

/** 0.17 and 0.23 print keys of 2^63 and more, as inode numbers can be, as negative ones. */
function unsigned(text: string): number {
  return /^-\d+$/u.test(text) ? Number(BigInt.asUintN(64, BigInt(text))) : Number(text);
}

function numbers(message: Extract<Message, { type: 'map' | 'stats' }>): ReadonlyMap<string, number> {
  return message.type === 'map' ? message.entries : new Map();
}

/** `@ops` counts per "op,set" and is never cleared; only the printed set stands still. */
function kernelDelta(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>, set: number) {
  const result = new Map<number, number>();
  for (const [key, count] of now) {
    const [op, ofSet] = key.split(',').map(Number);
    if (op === undefined || (set !== 2 && ofSet !== set)) continue;
    result.set(op, (result.get(op) ?? 0) + count - (before.get(key) ?? 0));
  }
  return result;
}

function advance(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>, set: number) {
  const printed = [...now].filter(([key]) => set === 2 || Number(key.split(',')[1]) === set);
  return new Map([...before, ...printed]);
}

function delta(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>) {
  const changes = [...now].map(([key, count]): [number, number] => [
    Number(key),
    count - (before.get(key) ?? 0),
  ]);
  return new Map(changes.filter(([, count]) => count > 0));
}

/** `@irq_latency_a` → `latency`. */
function measureOf(map: string): string | undefined {
  return /^@(?:irq_)?([a-z]+)_[ab]$/u.exec(map)?.[1];
}
