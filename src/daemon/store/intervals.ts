import type { Db } from '../../schema/open.ts';
import { nowUs } from '../../schema/units.ts';
import type { Lookups } from '../lookups/lookups.ts';
import { createClasses, isWrite } from '../naming/classes.ts';
import type { Learned } from '../naming/learned.ts';
import { createNameless } from '../naming/nameless.ts';
import { createProcessNames } from '../naming/process-names.ts';
import type { Clock } from '../stream/clock.ts';
import type { Exemplar } from '../stream/decode.ts';
import type { IntervalRecord } from './interval-records.ts';
import { createDictionaries } from './dictionaries.ts';
import { createExemplarContextRows } from './exemplar-context-rows.ts';
import { createFileKeys } from './file-keys.ts';
import { createIntervalRows } from './interval-rows.ts';
import { createOwners } from './owners.ts';
import { createRollup } from './rollup.ts';

export type Store = {
  /** All of it or nothing. Throws SqliteError when it can't be written. */
  readonly write: (record: IntervalRecord) => void;
};

/** Who did an operation, to which file. */
type Doer = Pick<Exemplar, 'opId' | 'cgroupId' | 'pid' | 'file'>;

/** Gives numbers their names and writes intervals. */
export function createStore(
  db: Db,
  sessionId: number,
  lookups: Lookups,
  { names, processNames: toldNames }: Pick<Learned, 'names' | 'processNames'>,
  clock: Clock,
): Store {
  const dictionaries = createDictionaries(db, sessionId);
  const classes = createClasses(lookups.mounts, lookups.classes);
  const fileKeys = createFileKeys(dictionaries, names, lookups, classes);
  const nameless = createNameless(names);
  const processNames = createProcessNames(toldNames, lookups.proc);
  const rows = createIntervalRows(db, sessionId, clock);
  const rollup = createRollup(db);
  const contextRows = createExemplarContextRows(db, sessionId, clock);
  const owners = createOwners(dictionaries, lookups, contextRows);

  /** cgroup_key, process_key, file_key. */
  const keysOf = (doer: Doer): readonly [number, number, number] => {
    const { cgroupId, pid, opId } = doer;
    const owner = owners.of(cgroupId);
    const process = dictionaries.process(pid, processNames.of(pid));
    return [owner.key, process, fileKeys.fileKey(nameless.fileOf(doer), owner, isWrite(opId), pid)];
  };

  const writeTotals = (
    { totals, buckets }: IntervalRecord['interval'],
    intervalId: number | bigint,
  ): void => {
    for (const total of totals) {
      // prettier-ignore
      rows.total.run(
        intervalId, total.opId, total.variant, ...keysOf(total),
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
      const [cgroup, process, file] = keysOf(one);
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
    for (const one of context.blockErrors) contextRows.blockError(one, keysOf(one));
  };
  const writeAll = db.transaction((record: IntervalRecord): void => {
    const { interval } = record;
    const intervalId = rows.interval(record);
    writeTotals(interval, intervalId);
    writeExemplars(record);
    rows.losses(record, intervalId);
    rollup.close(sessionId, clock.toWall(interval.startedBootUs));
    fileKeys.nameTheUnnamed();
    rows.alive(nowUs());
  });

  return {
    write(record) {
      owners.begin();
      fileKeys.begin();
      nameless.begin(record.interval.totals);
      processNames.begin();
      try {
        writeAll(record);
      } catch (error) {
        fileKeys.forget();
        contextRows.forget();
        throw error;
      }
    },
  };
}
