import type { LossKind } from '../schema/losses.ts';
import type { Db } from '../schema/open.ts';
import type { Clock } from './stream/clock.ts';
import { NAME_PIECE } from './bpftrace/compose.ts';
import { decode } from './stream/decode.ts';
import type { Exemplar, KernelRecord } from './stream/decode.ts';
import { majorOf, minorOf } from './naming/labels.ts';
import { createExemplarContext, NO_EXEMPLAR_CONTEXT } from './stream/exemplar-context.ts';
import { readLine, toText } from './stream/envelope.ts';
import type { Reject } from './stream/envelope.ts';
import type { Cost } from './cost/meter.ts';
import { findOpenFile } from './lookups/processes.ts';
import { createBalance, createTransit, suppressedOf } from './stream/loss.ts';
import type { Loss } from './stream/loss.ts';
import { createNames } from './naming/names.ts';
import { createStore } from './store/intervals.ts';
import type { IntervalRecord, Lookups } from './store/intervals.ts';
import { createIntervalReader } from './stream/totals.ts';
import type { Interval } from './stream/totals.ts';

/** What the lines of one bpftrace become: rows. */
export type Recorder = {
  line(line: string): void;
  /** No line comes any more: writes all that is still waiting. */
  finish(): Finish;
  /** Notes operations that may be missing, to be stored with the next interval. */
  noteLoss(kind: LossKind, count: number, detail: string): void;
};

export type Finish = {
  /** Whether what bpftrace held when it ended came. */
  readonly isWhole: boolean;
  /** Whether all could be written. */
  readonly isStored: boolean;
};

export type RecorderEvents = {
  ready(): void;
  /** All that was sent before the program was asked to make ready to end has come. */
  readyToEnd(): void;
  /** After an interval was taken in (not necessarily stored yet). */
  addInterval(interval: Interval, cost: Cost): void;
  /** Writing failed; it will be tried again with the next interval. */
  storeFailed(error: Error): void;
};

/** Intervals kept in memory while the database can't be written: ten minutes by default. */
const WAITING_MAX = 120;
/** An exemplar may wait in its CPU's buffer; after so many intervals it is given up. */
const TRANSIT_FLUSHES = 6;
const SAMPLE_LENGTH = 200;
const SLASH = 0x2f;

/** The data's path from a line to the tables; one for each run of bpftrace. */
export function createRecorder(
  db: Db,
  sessionId: number,
  lookups: Lookups,
  clock: Clock,
  cost: () => Cost,
  events: RecorderEvents,
): Recorder {
  const names = createNames();
  const processNames = new Map<number, string>();
  const intervals = createIntervalReader();
  const store = createStore(db, sessionId, lookups, names, processNames, clock);
  const balance = createBalance();
  const transit = createTransit();
  const cgroupPieces = new Map<number, Buffer>();
  const context = createExemplarContext();
  let exemplars: Exemplar[] = [];
  let losses: Loss[] = [];
  let waiting: IntervalRecord[] = [];
  const sentBefore: Interval['sent'][] = [];
  let lastInterval: Interval | undefined;

  const retry = (): boolean => {
    for (let next = waiting[0]; next; next = waiting[0]) {
      try {
        store.write(next);
        waiting.shift();
      } catch (error) {
        const reason = error instanceof Error ? error : new Error(String(error));
        events.storeFailed(reason);
        // What no retry can mend must not hold up what comes after it.
        if (!mayPass(reason) || waiting.length > WAITING_MAX) waiting = dropOldest(waiting, reason.message);
        return false;
      }
    }
    return true;
  };

  const close = (interval: Interval): Cost => {
    const spent = cost();
    lookups.mounts.refresh();
    sentBefore.push(interval.sent);
    const due = sentBefore.length > TRANSIT_FLUSHES ? sentBefore.shift() : undefined;
    if (due) losses.push(...transit.lost(due));
    waiting.push({
      interval,
      exemplars,
      context: context.take(exemplars),
      losses: [...losses, ...balance.check(interval), ...suppressedOf(interval)],
      cost: spent,
    });
    lastInterval = interval;
    exemplars = [];
    losses = [];
    return spent;
  };

  const takeFlush = (interval: Interval): void => {
    const spent = close(interval);
    retry();
    events.addInterval(interval, spent);
  };

  const take = (record: KernelRecord): void => {
    switch (record.type) {
      case 'ready':
        events.ready();
        return;
      case 'process':
        processNames.set(record.pid, record.name);
        return;
      case 'file':
      case 'name':
      case 'root':
        names.learn(record);
        return;
      case 'inode': {
        const { dev, ino, pid } = record;
        const path = findOpenFile(lookups.proc, pid, majorOf(dev), minorOf(dev), ino);
        if (path !== undefined) names.learnPath(dev, ino, path);
        return;
      }
      case 'cgroup':
        learnCgroup(record.id, record.offset, record.piece);
        return;
      case 'exemplar':
        context.exemplar(record);
        exemplars.push(record);
        transit.arrived(record.opId);
        return;
      case 'sync_stages':
      case 'block_error':
        context.learn(record);
        return;
      case 'flush':
        intervals.begin(record);
        return;
      case 'flushed': {
        const interval = intervals.end(record.sequence);
        if (interval) takeFlush(interval);
        return;
      }
      case 'ending':
        events.readyToEnd();
        return;
    }
  };

  const reject = ({ rejected }: Reject): void => {
    losses.push({ kind: 'record_rejected', opId: null, count: 1, detail: rejected.slice(0, SAMPLE_LENGTH) });
  };

  const learnCgroup = (id: number, offset: number, piece: Buffer): void => {
    const before = offset === 0 ? Buffer.alloc(0) : cgroupPieces.get(id);
    if (before?.length !== offset || (offset === 0 && piece[0] !== SLASH)) return;
    const path = Buffer.concat([before, piece.subarray(0, NAME_PIECE)]);
    if (piece.length >= NAME_PIECE) {
      cgroupPieces.set(id, path);
      return;
    }
    cgroupPieces.delete(id);
    lookups.cgroups.learn(id, toText(path));
    // Reads the container's state while it is there: a short-lived one takes it along.
    lookups.containers.ofCgroup(toText(path));
  };

  return {
    line(line) {
      const message = readLine(line);
      if (!message) return;
      if ('rejected' in message) {
        reject(message);
        return;
      }
      switch (message.type) {
        case 'value': {
          const record = decode(message);
          if ('rejected' in record) reject(record);
          else take(record);
          return;
        }
        case 'map':
          context.addMap(message.name, message.entries);
          intervals.add(message);
          return;
        case 'stats':
          intervals.add(message);
          return;
        case 'lost':
          losses.push({ kind: 'records_lost', opId: null, count: message.events, detail: null });
          return;
        case 'note':
          return;
      }
    },
    finish() {
      const rest = intervals.rest(clock.nowBootUs());
      if (rest) {
        events.addInterval(rest, close(rest));
      }
      // Before 0.18 each CPU has a buffer of its own: what others sent may come after the last interval.
      if (lastInterval) {
        losses.push(...transit.lost(lastInterval.sent), ...balance.check(emptied(lastInterval), true));
        if (exemplars.length > 0 || losses.length > 0) close(emptied(lastInterval));
      }
      return { isWhole: rest !== undefined, isStored: retry() };
    },
    noteLoss(kind, count, detail) {
      losses.push({ kind, opId: null, count, detail });
    },
  };
}

/** A full disk, a lock, an I/O error: the same rows may be written later. */
function mayPass(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return /^SQLITE_(?:FULL|BUSY|LOCKED|IOERR|READONLY|CANTOPEN|NOMEM)/u.test(code);
}

/** The oldest interval is given up; the next one says what went with it. */
function dropOldest([oldest, ...rest]: readonly IntervalRecord[], detail: string): IntervalRecord[] {
  if (!oldest) return [];
  const gone = [...oldest.interval.kernelOps].map(([opId, count]): Loss => {
    return { kind: 'operations_uncounted', opId, count, detail };
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
});
