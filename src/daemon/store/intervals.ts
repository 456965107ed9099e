import type { ClassRule } from '../../schema/classes.ts';
import type { Db } from '../../schema/open.ts';
import { nowUs } from '../../schema/units.ts';
import { createClasses, isWrite } from '../naming/classes.ts';
import type { Clock } from '../stream/clock.ts';
import type { Exemplar } from '../stream/decode.ts';
import { createDictionaries } from './dictionaries.ts';
import { labelDevice } from '../naming/labels.ts';
import type { Evidence } from '../stream/exemplar-context.ts';
import { createEvidenceRows } from './exemplar-context-rows.ts';
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
import type { Flush } from '../stream/totals.ts';

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
export type Interval = {
  readonly flush: Flush;
  readonly exemplars: readonly Exemplar[];
  readonly evidence: Evidence;
  readonly losses: readonly Loss[];
  readonly cost: Cost;
};

export type Store = {
  /** All of it or nothing. Throws SqliteError when it can't be written. */
  write(interval: Interval): void;
};

type Owner = Viewer & { readonly key: number; readonly deviceKeys: Map<number, number> };

/** Gives numbers their names and writes intervals; `names` and `processNames` grow while it is used. */
export function createStore(
  db: Db,
  runId: number,
  lookups: Lookups,
  names: Names,
  processNames: ReadonlyMap<number, string>,
  clock: Clock,
): Store {
  const dictionaries = createDictionaries(db, runId);
  const classes = createClasses(lookups.mounts, lookups.classes);
  const fileKeys = createFileKeys(dictionaries, names, lookups.mounts, lookups.devices, classes);
  const rows = prepareRows(db);
  const rollup = createRollup(db);
  const evidenceRows = createEvidenceRows(db, runId, clock);
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
    if (label.major > 0) evidenceRows.disks(label, lookups.devices);
    const key = dictionaries.device(label);
    deviceKeys.set(dev, key);
    return key;
  };
  const processKeyOf = (pid: number): number => dictionaries.process(pid, processNames.get(pid));

  const writeFlush = ({ flush, exemplars, cost }: Interval): number | bigint => {
    const rowCount = flush.totals.length + flush.buckets.length + exemplars.length;
    const started = clock.toWall(flush.startedBootUs);
    const ended = clock.toWall(flush.endedBootUs);
    // prettier-ignore
    return rows.flush.run(
      runId, started, ended, sumCounts(flush.totals), kernelOpCount(flush), rowCount,
      cost.daemonCpuUs, cost.daemonRssBytes, cost.bpftraceCpuUs, cost.bpftraceRssBytes, cost.databaseBytes,
    ).lastInsertRowid;
  };
  const writeAll = db.transaction((interval: Interval): void => {
    const { flush, exemplars, evidence, losses } = interval;
    const flushId = writeFlush(interval);
    for (const total of flush.totals) {
      const owner = ownerOf(total.cgroupId);
      // prettier-ignore
      rows.total.run(
        flushId, total.opId, total.variant, owner.key, processKeyOf(total.pid), fileKeys.fileKey(total.file, owner, isWrite(total.opId)),
        total.opCount, total.errorCount, total.sizeBytes, total.latencyNs, total.latencyNsMax, total.innerNs,
      );
    }
    for (const { opId, variant, cgroupId, dev, bucket, opCount } of flush.buckets) {
      const owner = ownerOf(cgroupId);
      rows.bucket.run(flushId, opId, variant, owner.key, deviceKeyOf(dev, owner), bucket, opCount);
    }
    for (const one of exemplars) {
      const owner = ownerOf(one.cgroupId);
      // prettier-ignore
      const { lastInsertRowid } = rows.exemplar.run(
        runId, clock.toWall(one.bootUs), one.opId, one.variant, owner.key, processKeyOf(one.pid), one.tid,
        one.thread, fileKeys.fileKey(one.file, owner, isWrite(one.opId)), one.sizeBytes, one.latencyNs, one.innerNs, one.error,
      );
      const stages = evidence.stages.get(one);
      if (stages) evidenceRows.stages(lastInsertRowid, stages);
    }
    for (const slot of evidence.inflight) {
      const owner = ownerOf(slot.cgroupId);
      evidenceRows.inflight(slot, owner.key, deviceKeyOf(slot.dev, owner));
    }
    for (const one of evidence.blockErrors) {
      const owner = ownerOf(one.cgroupId);
      const file = fileKeys.fileKey(one.file, owner, isWrite(one.opId));
      evidenceRows.blockError(one, [owner.key, processKeyOf(one.pid), file]);
    }
    for (const { kind, opId, count, detail } of losses) {
      const [started, ended] = [clock.toWall(flush.startedBootUs), clock.toWall(flush.endedBootUs)];
      rows.lost.run(runId, flushId, started, ended, kind, opId, count, detail);
    }
    rollup.close(runId, clock.toWall(flush.startedBootUs));
    fileKeys.nameTheUnnamed();
    rows.alive.run(nowUs(), runId);
  });

  return {
    write(interval) {
      owners = new Map();
      fileKeys.begin();
      try {
        writeAll(interval);
      } catch (error) {
        fileKeys.forget();
        evidenceRows.forget();
        throw error;
      }
    },
  };
}

function prepareRows(db: Db) {
  return {
    flush: db.prepare(
      `INSERT INTO flush (run_id, started_us, ended_us, stored_op_count, kernel_op_count, row_count,
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
      `INSERT INTO exemplar (run_id, ended_us, op_id, variant, cgroup_key, process_key, tid, thread, file_key,
         size_bytes, latency_ns, inner_latency_ns, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    lost: db.prepare(
      `INSERT INTO lost (run_id, flush_id, started_us, ended_us, kind, op_id, lost_count, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    alive: db.prepare('UPDATE run SET alive_us = ? WHERE run_id = ?'),
  };
}
