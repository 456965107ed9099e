import type { LossKind } from '../schema/losses.ts';
import type { Db } from '../schema/open.ts';
import type { Cost } from './cost/meter.ts';
import type { Lookups } from './lookups/lookups.ts';
import { createLearned } from './naming/learned.ts';
import { createStore } from './store/intervals.ts';
import { createWriteQueue } from './store/write-queue.ts';
import type { Clock } from './stream/clock.ts';
import { decode } from './stream/decode.ts';
import type { KernelRecord } from './stream/decode.ts';
import { readLine } from './stream/envelope.ts';
import { createIntervalRecords, dropOldest } from './store/interval-records.ts';
import type { IntervalRecords } from './store/interval-records.ts';
import { createIntervalReader } from './stream/totals.ts';
import type { Interval, IntervalReader } from './stream/totals.ts';

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

/** The data's path from a line to the tables; one for each run of bpftrace. */
export function createRecorder(
  db: Db,
  sessionId: number,
  lookups: Lookups,
  clock: Clock,
  cost: () => Cost,
  events: RecorderEvents,
): Recorder {
  const learned = createLearned(lookups);
  const intervals = createIntervalReader();
  const records = createIntervalRecords();
  const store = createStore(db, sessionId, lookups, learned, clock);
  const queue = createWriteQueue(store.write, dropOldest);

  const write = (): boolean => {
    const error = queue.flush();
    if (error) events.storeFailed(error);
    return !error;
  };
  const close = (interval: Interval): Cost => {
    const spent = cost();
    lookups.mounts.refresh();
    queue.add(records.close(interval, spent));
    return spent;
  };
  const addInterval = (interval: Interval): void => {
    const spent = close(interval);
    write();
    events.addInterval(interval, spent);
  };
  const take = (record: KernelRecord): void => {
    switch (record.type) {
      case 'ready':
        events.ready();
        return;
      case 'process':
      case 'file':
      case 'name':
      case 'root':
      case 'inode':
      case 'cgroup':
        learned.learn(record);
        return;
      case 'exemplar':
      case 'sync_stages':
      case 'block_error':
        records.add(record);
        return;
      case 'flush':
        intervals.begin(record);
        return;
      case 'flushed': {
        const interval = intervals.end(record.sequence);
        if (interval) addInterval(interval);
        return;
      }
      case 'ending':
        events.readyToEnd();
        return;
    }
  };

  return {
    line(line) {
      takeLine(line, records, intervals, take);
    },
    finish() {
      const rest = intervals.rest(clock.nowBootUs());
      if (rest) events.addInterval(rest, close(rest));
      // Before 0.18 each CPU has a buffer of its own: what others sent may come after the last interval.
      const late = records.closeRest(cost);
      if (late) queue.add(late);
      return { isWhole: rest !== undefined, isStored: write() };
    },
    noteLoss(kind, count, detail) {
      records.addLoss({ kind, opId: null, count, detail });
    },
  };
}

/** One line: what is printed of maps goes to the interval, each record to `take`. */
function takeLine(
  line: string,
  records: IntervalRecords,
  intervals: IntervalReader,
  take: (record: KernelRecord) => void,
): void {
  const message = readLine(line);
  if (!message) return;
  if ('rejected' in message) {
    records.addReject(message);
    return;
  }
  switch (message.type) {
    case 'value': {
      const record = decode(message);
      if ('rejected' in record) records.addReject(record);
      else take(record);
      return;
    }
    case 'map':
      records.addMap(message.name, message.entries);
      intervals.add(message);
      return;
    case 'stats':
      intervals.add(message);
      return;
    case 'lost':
      records.addLoss({ kind: 'records_lost', opId: null, count: message.events, detail: null });
      return;
    case 'note':
      return;
  }
}
