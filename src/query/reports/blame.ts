import type { Db } from '../../schema/open.ts';
import type { Filters } from '../window.ts';
import { narrowing } from '../window.ts';

/** A single slow operation of a victim. */
export type Victim = {
  readonly op: string;
  /** Its end, µs since 1970. */
  readonly ended_us: number;
  readonly latency_ns: number;
  /** As the view `slow` has it; its disks are those of `device_disks`. */
  readonly device: string | null;
};

/** The view `inflight`. */
export type Slot = Owner & {
  /** µs since 1970. */
  readonly started_us: number;
  /** The disk. */
  readonly device: string;
  readonly inflight_ns: number;
};

export type Owner = { readonly container: string | null; readonly cgroup_path: string | null };

/** One owner whose I/O was in flight while the victim's operations of one kind were under way. */
export type BlameRow = Owner & {
  /** The victim's operation. */
  op: string;
  /** The disk. */
  device: string;
  /** Slow operations of the victim, and how long they took together. */
  op_count: number;
  latency_ns_sum: number;
  /** Of that time, with the owner's I/O in flight on that disk. */
  overlap_ns_sum: number;
  /** 1: the victim itself. */
  is_self: 0 | 1;
};

export const blameColumns = [
  'op',
  'container',
  'cgroup_path',
  'device',
  'op_count',
  'latency_ns_sum',
  'overlap_ns_sum',
  'is_self',
] as const satisfies readonly (keyof BlameRow)[];

/** Length of the slots of the view `inflight`. */
export const SLOT_US = 100_000;

/**
 * The victims' time that overlapped in-flight I/O, by its owner, most first; pure. An owner whose
 * requests spent 30 ms in a slot of 100 ms is taken to have had I/O in flight for 30 % of any part of
 * that slot; of several requests at once no more than all of it.
 */
export function overlaps(
  victims: readonly Victim[],
  slots: readonly Slot[],
  disksOf: ReadonlyMap<string, readonly string[]>,
): Omit<BlameRow, 'is_self'>[] {
  const byPlace = groupBy(slots, ({ device, started_us }) => `${device} ${String(stepOf(started_us))}`);
  const waits = new Map<string, { op_count: number; latency_ns_sum: number }>();
  const rows = new Map<string, Omit<BlameRow, 'is_self' | 'op_count' | 'latency_ns_sum'>>();
  for (const { op, ended_us, latency_ns, device } of victims) {
    const wait = waits.get(op) ?? { op_count: 0, latency_ns_sum: 0 };
    waits.set(op, { op_count: wait.op_count + 1, latency_ns_sum: wait.latency_ns_sum + latency_ns });
    const started_us = ended_us - latency_ns / 1000;
    const disks = device === null ? [] : (disksOf.get(device) ?? [device]);
    // A slot that began in the step before may reach into this one.
    for (let step = stepOf(started_us) - 1; step <= stepOf(ended_us); step += 1) {
      for (const each of disks.flatMap((disk) => byPlace.get(`${disk} ${String(step)}`) ?? [])) {
        const { container, cgroup_path } = each;
        const key = JSON.stringify([op, each.device, container, cgroup_path]);
        const row = rows.get(key) ?? { op, device: each.device, container, cgroup_path, overlap_ns_sum: 0 };
        row.overlap_ns_sum += overlapNs(each, started_us, ended_us);
        rows.set(key, row);
      }
    }
  }
  return [...rows.values()]
    .filter(({ overlap_ns_sum }) => overlap_ns_sum >= 1)
    .map((row) => ({ ...row, overlap_ns_sum: Math.round(row.overlap_ns_sum), ...waitOf(waits, row.op) }))
    .toSorted((a, b) => b.overlap_ns_sum - a.overlap_ns_sum);
}

export type BlameQuery = Filters & { readonly victim: string; readonly limit: number };

export type Blame = {
  readonly rows: readonly BlameRow[];
  /** Owners there are without the limit. */
  readonly row_count: number;
  /** The victim's slow operations in the window, whether or not anything was in flight. */
  readonly slow_op_count: number;
};

/** Beside whose I/O a container's slow operations were under way. */
export function blame(db: Db, query: BlameQuery): Blame {
  return db.transaction(() => {
    const filters = { ...query, container: query.victim };
    const victims = db
      .prepare<(string | number)[], Victim>(
        `SELECT op, ended_us, latency_ns, device FROM slow WHERE ended_us >= ? AND ended_us < ?${narrowing(filters).sql}`,
      )
      .all(query.window.fromUs, query.window.toUs, ...narrowing(filters).values);
    const rows = overlaps(victims, slotsOf(db, victims), readDisks(db)).map((row) => {
      const is_self: 0 | 1 = row.container === query.victim ? 1 : 0;
      return { ...row, is_self };
    });
    return { rows: rows.slice(0, query.limit), row_count: rows.length, slow_op_count: victims.length };
  })();
}

/** The slots in which any of the victims was under way. */
export function slotsOf(db: Db, victims: readonly Victim[]): Slot[] {
  const from = victims.reduce(
    (least, { ended_us, latency_ns }) => Math.min(least, ended_us - latency_ns / 1000),
    Infinity,
  );
  const to = victims.reduce((most, { ended_us }) => Math.max(most, ended_us), -Infinity);
  if (from > to) return [];
  return db
    .prepare<[number, number], Slot>(
      `SELECT started_us, device, container, cgroup_path, inflight_ns FROM inflight
       WHERE started_us > ? AND started_us <= ?`,
    )
    .all(from - 2 * SLOT_US, to);
}

/** The disks of each device. */
export function readDisks(db: Db): Map<string, string[]> {
  const pairs = db
    .prepare<[], { device: string; disk: string }>('SELECT device, disk FROM device_disks')
    .all();
  const disks = groupBy(pairs, ({ device }) => device);
  return new Map([...disks].map(([device, rows]) => [device, rows.map(({ disk }) => disk)]));
}

/** Slots begin at multiples of their length since boot, which need not be such since 1970. */
const stepOf = (us: number): number => Math.floor(us / SLOT_US);

/** How much of the time from `startedUs` to `endedUs` a slot's owner is taken to have had I/O in flight. */
function overlapNs({ started_us, inflight_ns }: Slot, startedUs: number, endedUs: number): number {
  const withinUs = Math.min(endedUs, started_us + SLOT_US) - Math.max(startedUs, started_us);
  return Math.max(0, withinUs) * 1000 * Math.min(1, inflight_ns / (SLOT_US * 1000));
}

function waitOf(
  waits: ReadonlyMap<string, { op_count: number; latency_ns_sum: number }>,
  op: string,
): { op_count: number; latency_ns_sum: number } {
  return waits.get(op) ?? { op_count: 0, latency_ns_sum: 0 };
}

function groupBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}
