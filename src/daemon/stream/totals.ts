import { WITHOUT_FILE } from '../../schema/no-file.ts';
import { BEYOND, OP_SHIFT, VARIANT_SHIFT } from '../../schema/row-numbers.ts';
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
export type Interval = {
  readonly sequence: number;
  readonly startedBootUs: number;
  readonly endedBootUs: number;
  readonly totals: readonly Total[];
  readonly buckets: readonly BucketTotal[];
  /** Operations by op id that the kernel counted since the same maps were last printed. */
  readonly kernelOps: ReadonlyMap<number, number>;
  /** Exemplars by op id kept out by the budget since the last interval. */
  readonly suppressed: ReadonlyMap<number, number>;
  /** Exemplars by op id sent since the start. */
  readonly sent: ReadonlyMap<number, number>;
  /** Commands of strangers that the program did not obey, since the last interval. */
  readonly refusedCount: number;
};

type Header = Extract<KernelRecord, { type: 'flush' }>;

export type IntervalReader = {
  begin(header: Header): void;
  add(message: MapMessage): void;
  end(sequence: number): Interval | undefined;
  /** What came after the last interval: the maps as they were when bpftrace ended. */
  rest(endedBootUs: number): Interval | undefined;
};

/** Puts the maps printed between the records `flush` and `flushed` together, and those bpftrace prints when it ends. */
export function createIntervalReader(): IntervalReader {
  let header: Header | undefined;
  const rows = createRowReader();
  const counts = createKernelCounts();
  let buckets = new Map<string, BucketTotal>();
  let last = { sequence: 0, endedBootUs: 0 };

  const close = ({ sequence, startedBootUs, endedBootUs }: Header): Interval => {
    const interval = {
      sequence,
      // Whatever was counted since the last interval is in this one, also when a turn in between was not printed.
      startedBootUs: last.sequence > 0 ? last.endedBootUs : startedBootUs,
      endedBootUs,
      totals: rows.take(),
      buckets: [...buckets.values()],
      ...counts.take(),
    };
    header = undefined;
    buckets = new Map();
    last = { sequence, endedBootUs };
    return interval;
  };

  return {
    begin(next) {
      header = next;
    },
    add(message) {
      if (counts.add(message)) return;
      const [, family = '', measure, set] = MAP_NAME.exec(message.name) ?? [];
      if (measure === undefined || set === undefined) return;
      if (measure === 'bucket') addBuckets(buckets, numbers(message));
      else rows.add(`${family}${set}`, measure, message);
    },
    end: (sequence) => (header?.sequence === sequence ? close(header) : undefined),
    rest(endedBootUs) {
      if (!header && !rows.hasAny()) return undefined;
      // The header goes through a buffer that may have had no room.
      const synthetic = {
        type: 'flush',
        sequence: last.sequence + 1,
        startedBootUs: last.endedBootUs,
        endedBootUs,
      } as const;
      return close(header ?? synthetic);
    },
  };
}

/** The maps of rows and what was counted under them, set by set. */
function createRowReader(): {
  add(set: string, measure: string, message: MapMessage): void;
  hasAny(): boolean;
  take(): Total[];
} {
  const identities = createIdentities();
  let sets = new Map<string, MapSet>();
  const rowsBefore = new Map<string, ReadonlyMap<number, Identity>>();
  return {
    add(set, measure, message) {
      const maps = sets.get(set) ?? { rows: new Map(), counts: new Map() };
      sets.set(set, maps);
      if (measure === 'row') addRows(maps.rows, numbers(message), identities);
      else addCounts(maps.counts, measure, message);
    },
    hasAny: () => sets.size > 0,
    take() {
      const totals = joinSets(sets, rowsBefore, identities);
      for (const [name, { rows }] of sets) rowsBefore.set(name, rows);
      if (identities.forget()) rowsBefore.clear();
      sets = new Map();
      return totals;
    },
  };
}

type KernelCounts = Pick<Interval, 'kernelOps' | 'suppressed' | 'sent' | 'refusedCount'>;

/** The kernel's own counts, which are never cleared: what they grew by belongs to the interval. */
function createKernelCounts(): {
  /** False for a map of another kind. */
  add(message: MapMessage): boolean;
  take(): KernelCounts;
} {
  let ops = new Map<string, ReadonlyMap<string, number>>();
  let suppressed: ReadonlyMap<string, number> = new Map();
  let sent: ReadonlyMap<string, number> = new Map();
  const opsBefore = new Map<string, ReadonlyMap<string, number>>();
  let suppressedBefore = suppressed;
  let refused: ReadonlyMap<string, number> = new Map();
  let refusedBefore = refused;
  return {
    add(message) {
      if (OPS_NAME.test(message.name)) ops.set(message.name, numbers(message));
      else if (message.name === '@suppressed') suppressed = numbers(message);
      else if (message.name === '@sent') sent = numbers(message);
      else if (message.name === '@refused') refused = numbers(message);
      else return false;
      return true;
    },
    take() {
      const taken = {
        kernelOps: deltas(ops, opsBefore),
        suppressed: delta(suppressed, suppressedBefore),
        sent: new Map([...sent].map(([op, count]): [number, number] => [Number(op), count])),
        refusedCount: [...delta(refused, refusedBefore).values()].reduce((sum, count) => sum + count, 0),
      };
      for (const [name, counts] of ops) opsBefore.set(name, counts);
      ops = new Map();
      suppressedBefore = suppressed;
      refusedBefore = refused;
      return taken;
    },
  };
}

type MapMessage = Extract<Message, { type: 'map' | 'stats' }>;
type Counts = Pick<Total, 'opCount' | 'errorCount' | 'sizeBytes' | 'latencyNs' | 'latencyNsMax' | 'innerNs'>;

/** The maps of bpf/common/count.bt in either set; bpftrace prints others as well when it ends. */
const MAP_NAME = /^@(irq_)?(row|count|latency|max|bucket|bytes|inner|errors)_([ab])$/u;
const OPS_NAME = /^@(irq_)?ops_[ab]$/u;

/** What was printed of one set of maps: what each row stands for, and what was counted under its number. */
type MapSet = { readonly rows: Map<number, Identity>; readonly counts: Map<number, Counts> };

/** Keys are a row's number and, after it, what it stands for. */
function addRows(
  rows: Map<number, Identity>,
  entries: ReadonlyMap<string, number>,
  identities: Identities,
): void {
  for (const key of entries.keys()) {
    const comma = key.indexOf(',');
    const identity = identities.of(key.slice(comma + 1));
    if (identity) rows.set(Number(key.slice(0, comma)), identity);
  }
}

function addCounts(counts: Map<number, Counts>, measure: string, message: MapMessage): void {
  for (const [key, value] of message.entries) {
    const row = Number(key);
    let known = counts.get(row);
    if (!known) counts.set(row, (known = noCounts()));
    if (typeof value === 'object') {
      known.opCount += value.count;
      known.latencyNs += value.total;
      continue;
    }
    switch (measure) {
      case 'count':
        known.opCount += value;
        break;
      case 'latency':
        known.latencyNs += value;
        break;
      case 'max':
        known.latencyNsMax = Math.max(known.latencyNsMax, value);
        break;
      case 'bytes':
        known.sizeBytes += value;
        break;
      case 'inner':
        known.innerNs += value;
        break;
      case 'errors':
        known.errorCount += value;
        break;
      default:
        break;
    }
  }
}

const noCounts = (): Counts => ({
  opCount: 0,
  errorCount: 0,
  sizeBytes: 0,
  latencyNs: 0,
  latencyNsMax: 0,
  innerNs: 0,
});

/**
 * The totals of all sets, one for each identity: it may have a row in both sets, and two in one, when two
 * CPUs met it at once. A program that was held up while its set was emptied counts under a row that was
 * printed before. A row whose meaning never arrived stays uncounted, which the balance shows.
 */
function joinSets(
  sets: ReadonlyMap<string, MapSet>,
  rowsBefore: ReadonlyMap<string, ReadonlyMap<number, Identity>>,
  identities: Identities,
): Total[] {
  const totals = new Map<Identity, Total>();
  for (const [name, { rows, counts }] of sets) {
    const before = rowsBefore.get(name);
    for (const [row, counted] of counts) {
      const identity = rows.get(row) ?? before?.get(row) ?? identities.beyondBound(row);
      const known = identity && totals.get(identity);
      if (known) addUp(known, counted);
      else if (identity) totals.set(identity, totalOf(identity, counted));
    }
  }
  return [...totals.values()];
}

/** Part by part: spreading both takes three times as long. */
function totalOf(identity: Identity, counted: Counts): Total {
  return {
    opId: identity.opId,
    variant: identity.variant,
    cgroupId: identity.cgroupId,
    pid: identity.pid,
    file: identity.file,
    opCount: counted.opCount,
    errorCount: counted.errorCount,
    sizeBytes: counted.sizeBytes,
    latencyNs: counted.latencyNs,
    latencyNsMax: counted.latencyNsMax,
    innerNs: counted.innerNs,
  };
}

function addUp(total: Total, counted: Counts): void {
  total.opCount += counted.opCount;
  total.errorCount += counted.errorCount;
  total.sizeBytes += counted.sizeBytes;
  total.latencyNs += counted.latencyNs;
  total.latencyNsMax = Math.max(total.latencyNsMax, counted.latencyNsMax);
  total.innerNs += counted.innerNs;
}

type Identity = Omit<Total, keyof Counts>;
/** One object for each identity, by which its rows are found to be the same. */
type Identities = {
  of(key: string): Identity | undefined;
  beyondBound(row: number): Identity | undefined;
  /** Between intervals: forgets all when they have become too many, and says so. */
  forget(): boolean;
};

/** More than any interval should have. */
const IDENTITIES_MAX = 100_000;

/** What keys mean. The same ones come with every interval, and taking them apart costs more than finding them. */
function createIdentities(): Identities {
  const known = new Map<string | number, Identity>();
  const find = <Key extends string | number>(key: Key, make: (key: Key) => Identity | undefined) => {
    const found = known.get(key);
    if (found) return found;
    const identity = make(key);
    if (identity) known.set(key, identity);
    return identity;
  };
  return {
    of: (key) => find(key, identityOf),
    beyondBound: (row) => find(row, identityBeyondBound),
    forget() {
      const isTooMuch = known.size > IDENTITIES_MAX;
      if (isTooMuch) known.clear();
      return isTooMuch;
    },
  };
}

function identityOf(key: string): Identity | undefined {
  const [opId, variant, cgroupId, pid, dev, ino, hash] = key.split(',').map(unsigned);
  if (opId === undefined || variant === undefined || cgroupId === undefined || pid === undefined)
    return undefined;
  if (dev === undefined || ino === undefined || hash === undefined) return undefined;
  return { opId, variant, cgroupId, pid, file: { dev, ino, hash } };
}

/** Of a number that is no row's: an operation, a variant and a cgroup without process and file. */
function identityBeyondBound(row: number): Identity | undefined {
  if (!Number.isSafeInteger(row) || row < BEYOND) return undefined;
  const rest = row - BEYOND;
  return {
    opId: Math.floor(rest / 2 ** OP_SHIFT),
    variant: Math.floor(rest / 2 ** VARIANT_SHIFT) % 2 ** (OP_SHIFT - VARIANT_SHIFT),
    cgroupId: rest % 2 ** VARIANT_SHIFT,
    pid: 0,
    file: FILES_BEYOND,
  };
}

/** Stands for all processes and files beyond the bound on rows. */
export const FILES_BEYOND: FileIdentity = { dev: 0, ino: 0, hash: WITHOUT_FILE.NO_FILE_BEYOND.hash };

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

/** 0.17 and 0.23 print keys of 2^63 and more, as inode numbers can be, as negative ones. */
function unsigned(text: string): number {
  return text.startsWith('-') ? Number(BigInt.asUintN(64, BigInt(text))) : Number(text);
}

function numbers(message: MapMessage): ReadonlyMap<string, number> {
  return message.type === 'map' ? message.entries : new Map();
}

type OpCounts = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** By how much each operation's count grew in the maps that were printed, by their names. */
function deltas(now: OpCounts, before: OpCounts): Map<number, number> {
  const result = new Map<number, number>();
  for (const [name, counts] of now) {
    for (const [op, count] of delta(counts, before.get(name) ?? new Map())) {
      result.set(op, (result.get(op) ?? 0) + count);
    }
  }
  return result;
}

function delta(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): Map<number, number> {
  const changes = [...now].map(([key, count]): [number, number] => [
    Number(key),
    count - (before.get(key) ?? 0),
  ]);
  return new Map(changes.filter(([, count]) => count > 0));
}
