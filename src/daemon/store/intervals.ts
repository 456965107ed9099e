import type { ClassRule } from '../../schema/classes.ts';
import type { Db } from '../../schema/open.ts';
import { nowUs } from '../../schema/units.ts';
import { createClasses, isWrite } from '../naming/classes.ts';
import type { Clock } from '../stream/clock.ts';
import type { Exemplar } from '../stream/decode.ts';
import { createDictionaries } from './dictionaries.ts';
import { labelDevice } from '../naming/labels.ts';
import type { ExemplarContext } from '../stream/exemplar-context.ts';
import { createExemplarContextRows } from './exemplar-context-rows.ts';
import { createFileKeys } from './file-keys.ts';
import type { Viewer } from './file-keys.ts';
import type { Cost } from '../cost/meter.ts';
import type { Cgroups } from '../lookups/cgroups.ts';
import type { Containers } from '../lookups/containers.ts';
import type { Devices } from '../lookups/devices.ts';
import type { Mounts } from '../lookups/mounts.ts';
import { kernelOpCount, sumCounts } from '../stream/loss.ts';
import type { Loss } from '../stream/loss.ts';
import type { Names } from '../naming/names.ts';
import { createRollup } from './rollup.ts';
import type { Interval } from '../stream/totals.ts';

export type Lookups = {
  readonly cgroups: Cgroups;
  readonly containers: Containers;
  readonly devices: Devices;
  readonly mounts: Mounts;
  /** The host's /proc. */
  readonly proc: string;
  /** File classes of the user's own. */
  readonly classes?: readonly ClassRule[];
};

/** Everything one interval becomes rows of. */
export type IntervalRecord = {
  readonly interval: Interval;
  readonly exemplars: readonly Exemplar[];
  readonly context: ExemplarContext;
  readonly losses: readonly Loss[];
  readonly cost: Cost;
};

export type Store = {
  /** All of it or nothing. Throws SqliteError when it can't be written. */
  write(record: IntervalRecord): void;
};

type Owner = Viewer & { readonly key: number; readonly deviceKeys: Map<number, number> };

/** Gives numbers their names and writes intervals; `names` and `processNames` grow while it is used. */
export function createStore(
  db: Db,
  sessionId: number,
  lookups: Lookups,
  names: Names,
  processNames: ReadonlyMap<number, string>,
  clock: Clock,
): Store {
  const dictionaries = createDictionaries(db, sessionId);
  const classes = createClasses(lookups.mounts, lookups.classes);
  const fileKeys = createFileKeys(dictionaries, names, lookups.mounts, lookups.devices, classes);
  const rows = prepareRows(db);
  const rollup = createRollup(db);
  const contextRows = createExemplarContextRows(db, sessionId, clock);
  let owners = new Map<number, Owner>();

  const ownerOf = (cgroupId: number): Owner => {
    const known = owners.get(cgroupId);
    if (known) return known;
    const path = lookups.cgroups.pathOf(cgroupId);
    const container = path === undefined ? undefined : lookups.containers.ofCgroup(path);
    const containerKey = container ? dictionaries.container(container, nowUs()) : null;
    const key = dictionaries.cgroup(cgroupId, path, containerKey);
    const owner = { key, container, containerKey, deviceKeys: new Map<number, number>() };
    owners.set(cgroupId, owner);
    return owner;
  };
  const deviceKeyOf = (dev: number, { container, deviceKeys }: Owner): number => {
    const known = deviceKeys.get(dev);
    if (known !== undefined) return known;
    const label = labelDevice(dev, container, lookups.devices, lookups.mounts);
    if (label.major > 0) contextRows.disks(label, lookups.devices);
    const key = dictionaries.device(label);
    deviceKeys.set(dev, key);
    return key;
  };
  const processKeyOf = (pid: number): number => dictionaries.process(pid, processNames.get(pid));

  const writeInterval = ({ interval, exemplars, cost }: IntervalRecord): number | bigint => {
    const rowCount = interval.totals.length + interval.buckets.length + exemplars.length;
    const started = clock.toWall(interval.startedBootUs);
    const ended = clock.toWall(interval.endedBootUs);
    // prettier-ignore
    return rows.interval.run(
      sessionId, started, ended, sumCounts(interval.totals), kernelOpCount(interval), rowCount,
      cost.daemonCpuUs, cost.daemonRssBytes, cost.bpftraceCpuUs, cost.bpftraceRssBytes, cost.databaseBytes,
    ).lastInsertRowid;
  };
  const writeAll = db.transaction((record: IntervalRecord): void => {
    const { interval, exemplars, context, losses } = record;
    const intervalId = writeInterval(record);
    for (const total of interval.totals) {
      const owner = ownerOf(total.cgroupId);
      // prettier-ignore
      rows.total.run(
        intervalId, total.opId, total.variant, owner.key, processKeyOf(total.pid), fileKeys.fileKey(total.file, owner, isWrite(total.opId)),
        total.opCount, total.errorCount, total.sizeBytes, total.latencyNs, total.latencyNsMax, total.innerNs,
      );
    }
    for (const { opId, variant, cgroupId, dev, bucket, opCount } of interval.buckets) {
      const owner = ownerOf(cgroupId);
      rows.bucket.run(intervalId, opId, variant, owner.key, deviceKeyOf(dev, owner), bucket, opCount);
    }
    for (const one of exemplars) {
      const owner = ownerOf(one.cgroupId);
      // prettier-ignore
      const { lastInsertRowid } = rows.exemplar.run(
        sessionId, clock.toWall(one.bootUs), one.opId, one.variant, owner.key, processKeyOf(one.pid), one.tid,
        one.thread, fileKeys.fileKey(one.file, owner, isWrite(one.opId)), one.sizeBytes, one.latencyNs, one.innerNs, one.error,
      );
      const stages = context.stages.get(one);
      if (stages) contextRows.stages(lastInsertRowid, stages);
    }
    for (const slot of context.inflight) {
      const owner = ownerOf(slot.cgroupId);
      contextRows.inflight(slot, owner.key, deviceKeyOf(slot.dev, owner));
    }
    for (const one of context.blockErrors) {
      const owner = ownerOf(one.cgroupId);
      const file = fileKeys.fileKey(one.file, owner, isWrite(one.opId));
      contextRows.blockError(one, [owner.key, processKeyOf(one.pid), file]);
    }
    for (const { kind, opId, count, detail } of losses) {
      const [started, ended] = [clock.toWall(interval.startedBootUs), clock.toWall(interval.endedBootUs)];
      rows.lost.run(sessionId, intervalId, started, ended, kind, opId, count, detail);
    }
    rollup.close(sessionId, clock.toWall(interval.startedBootUs));
    fileKeys.nameTheUnnamed();
    rows.alive.run(nowUs(), sessionId);
  });

  return {
    write(record) {
      owners = new Map();
      fileKeys.begin();
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

function prepareRows(db: Db) {
  return {
    interval: db.prepare(
      `INSERT INTO interval (session_id, started_us, ended_us, stored_op_count, kernel_op_count, row_count,
         daemon_cpu_us, daemon_rss_bytes, bpftrace_cpu_us, bpftrace_rss_bytes, database_bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    // Two kernel keys may become one row: a file told under two hashes, a process name told late.
    total: db.prepare(
      `INSERT INTO total VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET op_count = op_count + excluded.op_count,
         error_count = error_count + excluded.error_count,
         size_bytes_sum = size_bytes_sum + excluded.size_bytes_sum,
         latency_ns_sum = latency_ns_sum + excluded.latency_ns_sum,
         latency_ns_max = max(latency_ns_max, excluded.latency_ns_max),
         inner_latency_ns_sum = inner_latency_ns_sum + excluded.inner_latency_ns_sum`,
    ),
    bucket: db.prepare(
      `INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET op_count = op_count + excluded.op_count`,
    ),
    exemplar: db.prepare(
      `INSERT INTO exemplar (session_id, ended_us, op_id, variant, cgroup_key, process_key, tid, thread, file_key,
         size_bytes, latency_ns, inner_latency_ns, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    lost: db.prepare(
      `INSERT INTO loss_record (session_id, interval_id, started_us, ended_us, kind, op_id, lost_count, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    alive: db.prepare('UPDATE session_record SET alive_us = ? WHERE session_id = ?'),
  };
}
