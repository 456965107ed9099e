import type { Db } from '../../schema/open.ts';
import { nowUs } from '../../schema/units.ts';
import type { Lookups } from '../lookups/lookups.ts';
import type { Learned } from '../naming/learned.ts';
import type { Clock } from '../stream/clock.ts';
import type { IntervalRecord } from './interval-records.ts';
import { createDictionaries } from './dictionaries.ts';
import { createExemplarContextRows } from './exemplar-context-rows.ts';
import { createIntervalRows } from './interval-rows.ts';
import { createOperationKeys } from './operation-keys.ts';
import { createOwners } from './owners.ts';
import { createRollup } from './rollup.ts';

export type Store = {
  /** All of it or nothing. Throws SqliteError when it can't be written. */
  readonly write: (record: IntervalRecord) => void;
};

/** Gives numbers their names and writes intervals. */
export function createStore(
  db: Db,
  sessionId: number,
  lookups: Lookups,
  learned: Pick<Learned, 'names' | 'processNames'>,
  clock: Clock,
): Store {
  const dictionaries = createDictionaries(db, sessionId);
  const rows = createIntervalRows(db, sessionId, clock);
  const rollup = createRollup(db);
  const contextRows = createExemplarContextRows(db, sessionId, clock);
  const owners = createOwners(dictionaries, lookups, contextRows);
  const keys = createOperationKeys(dictionaries, owners, lookups, learned);

  const writeTotals = (
    { totals, buckets }: IntervalRecord['interval'],
    intervalId: number | bigint,
  ): void => {
    for (const total of totals) {
      // prettier-ignore
      rows.total.run(
        intervalId, total.opId, total.variant, ...keys.of(total),
        total.opCount, total.errorCount, total.sizeBytes, total.latencyNs, total.latencyNsMax, total.innerNs,
      );
    }
    for (const { opId, variant, cgroupId, dev, bucket, opCount } of buckets) {
      const owner = owners.of(cgroupId);
      rows.bucket.run(intervalId, opId, variant, owner.key, owners.deviceKey(dev, owner), bucket, opCount);
    }
  };
  const writeExemplars = ({ exemplars, context }: IntervalRecord): void => {
    for (const one of exemplars) {
      const [cgroup, process, file] = keys.of(one);
      // prettier-ignore
      const { lastInsertRowid } = rows.exemplar.run(
        sessionId, clock.toWall(one.bootUs), one.opId, one.variant, cgroup, process, one.tid, one.thread, file,
        one.sizeBytes, one.latencyNs, one.innerNs, one.error,
      );
      const stages = context.stages.get(one);
      if (stages) contextRows.stages(lastInsertRowid, stages);
    }
    for (const slot of context.inflight) {
      const owner = owners.of(slot.cgroupId);
      contextRows.inflight(slot, owner.key, owners.deviceKey(slot.dev, owner));
    }
    for (const one of context.blockErrors) contextRows.blockError(one, keys.of(one));
  };
  const writeAll = db.transaction((record: IntervalRecord): void => {
    const { interval } = record;
    const intervalId = rows.interval(record);
    writeTotals(interval, intervalId);
    writeExemplars(record);
    rows.losses(record, intervalId);
    rollup.close(sessionId, clock.toWall(interval.startedBootUs));
    keys.nameTheUnnamed();
    rows.alive(nowUs());
  });

  return {
    write(record) {
      owners.begin();
      keys.begin(record.interval);
      try {
        writeAll(record);
      } catch (error) {
        keys.forget();
        contextRows.forget();
        throw error;
      }
    },
  };
}
