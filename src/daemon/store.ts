import type { Db } from '../schema/open.ts';
import { nowUs } from '../schema/units.ts';
import type { Clock } from './clock.ts';
import type { Exemplar, FileIdentity } from './decode.ts';
import { createDictionaries } from './dictionaries.ts';
import { labelDevice, labelFile } from './enrich.ts';
import type { Evidence } from './evidence.ts';
import { createEvidenceRows } from './evidence-rows.ts';
import type { Cost } from './ledger.ts';
import type { Cgroups } from './lookups/cgroups.ts';
import type { Container, Containers } from './lookups/containers.ts';
import type { Devices } from './lookups/devices.ts';
import type { Mounts } from './lookups/mounts.ts';
import { sumCounts } from './loss.ts';
import type { Loss } from './loss.ts';
import type { Names } from './names.ts';
import type { Flush } from './totals.ts';

export type Lookups = {
  readonly cgroups: Cgroups;
  readonly containers: Containers;
  readonly devices: Devices;
  readonly mounts: Mounts;
  /** The host's /proc. */
  readonly proc: string;
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

type Owner = {
  readonly key: number;
  readonly container: Container | undefined;
  readonly containerKey: number | null;
};
type Unnamed = { readonly file: FileIdentity; readonly container: Container | undefined };

const UNNAMED_MAX = 10_000;

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
  const rows = prepareRows(db);
  const evidenceRows = createEvidenceRows(db, runId, clock);
  let owners = new Map<number, Owner>();
  let unnamed = new Map<string, Unnamed>();

  const ownerOf = (cgroupId: number): Owner => {
    const known = owners.get(cgroupId);
    if (known) return known;
    const path = lookups.cgroups.pathOf(cgroupId);
    const container = path === undefined ? undefined : lookups.containers.ofCgroup(path);
    const containerKey = container ? dictionaries.container(container, nowUs()) : null;
    const owner = { key: dictionaries.cgroup(cgroupId, path, containerKey), container, containerKey };
    owners.set(cgroupId, owner);
    return owner;
  };
  const deviceKeyOf = (dev: number, container: Container | undefined): number => {
    const label = labelDevice(dev, container, lookups.devices, lookups.mounts);
    if (label.major > 0) evidenceRows.disks(label, lookups.devices);
    return dictionaries.device(label);
  };
  const fileKeyOf = (file: FileIdentity, container: Container | undefined, containerKey: number | null) => {
    const label = labelFile(file, names.pathOf(file), container, lookups.mounts);
    if (label.state === 'unknown' && unnamed.size < UNNAMED_MAX) {
      unnamed.set([file.dev, file.ino, file.hash, container?.containerId].join(':'), { file, container });
    }
    return dictionaries.file(file, label, containerKey, deviceKeyOf(file.dev, container));
  };
  /** The keys of whose and which: cgroup, process, file. */
  const keysOf = (operation: { cgroupId: number; pid: number; file: FileIdentity }) => {
    const { key, container, containerKey } = ownerOf(operation.cgroupId);
    const process = dictionaries.process(operation.pid, processNames.get(operation.pid));
    return [key, process, fileKeyOf(operation.file, container, containerKey)] as const;
  };
  /** Names may arrive after the totals that need them. */
  const nameTheUnnamed = (): void => {
    const waiting = unnamed;
    unnamed = new Map();
    for (const [key, { file, container }] of waiting) {
      if (!names.pathOf(file)) unnamed.set(key, { file, container });
      else fileKeyOf(file, container, container ? dictionaries.container(container, nowUs()) : null);
    }
  };

  const writeFlush = ({ flush, exemplars, cost }: Interval): number | bigint => {
    const rowCount = flush.totals.length + flush.buckets.length + exemplars.length;
    const kernelCount = [...flush.kernelOps.values()].reduce((sum, count) => sum + count, 0);
    const started = clock.toWall(flush.startedBootUs);
    const ended = clock.toWall(flush.endedBootUs);
    // prettier-ignore
    return rows.flush.run(
      runId, started, ended, sumCounts(flush.totals), kernelCount, rowCount,
      cost.daemonCpuUs, cost.daemonRssBytes, cost.bpftraceCpuUs, cost.bpftraceRssBytes, cost.databaseBytes,
    ).lastInsertRowid;
  };
  const writeAll = db.transaction((interval: Interval): void => {
    const { flush, exemplars, evidence, losses } = interval;
    const flushId = writeFlush(interval);
    for (const total of flush.totals) {
      // prettier-ignore
      rows.total.run(
        flushId, total.opId, total.variant, ...keysOf(total), total.opCount, total.errorCount,
        total.sizeBytes, total.latencyNs, total.latencyNsMax, total.innerNs,
      );
    }
    for (const { opId, variant, cgroupId, dev, bucket, opCount } of flush.buckets) {
      const { key, container } = ownerOf(cgroupId);
      rows.bucket.run(flushId, opId, variant, key, deviceKeyOf(dev, container), bucket, opCount);
    }
    for (const one of exemplars) {
      const [cgroup, process, file] = keysOf(one);
      // prettier-ignore
      const { lastInsertRowid } = rows.exemplar.run(
        runId, clock.toWall(one.bootUs), one.opId, one.variant, cgroup, process, one.tid, one.thread, file,
        one.sizeBytes, one.latencyNs, one.innerNs, one.error,
      );
      const stages = evidence.stages.get(one);
      if (stages) evidenceRows.stages(lastInsertRowid, stages);
    }
    for (const slot of evidence.inflight) {
      const { key, container } = ownerOf(slot.cgroupId);
      evidenceRows.inflight(slot, key, deviceKeyOf(slot.dev, container));
    }
    for (const one of evidence.blockErrors) evidenceRows.blockError(one, keysOf(one));
    for (const { kind, opId, count, detail } of losses) {
      const [started, ended] = [clock.toWall(flush.startedBootUs), clock.toWall(flush.endedBootUs)];
      rows.lost.run(runId, started, ended, kind, opId, count, detail);
    }
    nameTheUnnamed();
    rows.alive.run(nowUs(), runId);
  });

  return {
    write(interval) {
      owners = new Map();
      try {
        writeAll(interval);
      } catch (error) {
        dictionaries.forget();
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
      `INSERT INTO lost (run_id, started_us, ended_us, kind, op_id, lost_count, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    alive: db.prepare('UPDATE run SET alive_us = ? WHERE run_id = ?'),
  };
}
