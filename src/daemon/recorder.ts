import { findOpenFile } from './lookups/processes.ts';
import type { Cgroups } from './lookups/cgroups.ts';
import type { Container, Containers } from './lookups/containers.ts';
import type { Devices } from './lookups/devices.ts';
import type { Mounts } from './lookups/mounts.ts';
import type { Db } from '../schema/open.ts';
import { nowUs } from '../schema/units.ts';
import type { Clock } from './clock.ts';
import { decode } from './decode.ts';
import type { Exemplar, FileIdentity, KernelRecord } from './decode.ts';
import { labelDevice, labelFile, majorOf, minorOf } from './enrich.ts';
import { NAME_PIECE } from './compose.ts';
import { readLine, toText } from './envelope.ts';
import type { Reject } from './envelope.ts';
import type { Cost } from './ledger.ts';
import { createNames } from './names.ts';
import { createDictionaries } from './store.ts';
import { createFlushReader } from './totals.ts';
import type { Flush } from './totals.ts';

export type Lookups = {
  readonly cgroups: Cgroups;
  readonly containers: Containers;
  readonly devices: Devices;
  readonly mounts: Mounts;
  /** The host's /proc. */
  readonly proc: string;
};

/** What the lines of one bpftrace become: rows. */
export type Recorder = {
  line(line: string): void;
  /** Writes what is still waiting; true when nothing is. */
  retry(): boolean;
  /** The capture's own end record has arrived. */
  endSeen(): boolean;
  /** Notes operations that may be missing, to be stored with the next flush. */
  noteLoss(kind: string, count: number, detail: string): void;
};

export type RecorderEvents = {
  ready(): void;
  /** After a flush was taken in (not necessarily stored yet). */
  flushed(flush: Flush): void;
  /** Writing failed; it will be tried again with the next flush. */
  storeFailed(error: Error): void;
};

type Waiting = {
  readonly flush: Flush;
  readonly exemplars: readonly Exemplar[];
  readonly losses: readonly Loss[];
};
type Loss = {
  readonly kind: string;
  readonly opId: number | null;
  readonly count: number;
  readonly detail: string | null;
};
type Unnamed = { readonly file: FileIdentity; readonly container: Container | undefined };

/** Flushes kept in memory while the database can't be written: ten minutes at the default interval. */
const FLUSHES_WAITING_MAX = 120;
const UNNAMED_MAX = 10_000;
const SAMPLE_LENGTH = 200;
const SLASH = 0x2f;

/** The data's path from a line to the tables; one for each run of bpftrace. */
export function createRecorder(
  db: Db,
  runId: number,
  lookups: Lookups,
  clock: Clock,
  cost: () => Cost,
  events: RecorderEvents,
): Recorder {
  const dictionaries = createDictionaries(db, runId);
  const names = createNames();
  const flushes = createFlushReader();
  const processNames = new Map<number, string>();
  const cgroupPieces = new Map<number, Buffer>();
  let unnamed = new Map<string, Unnamed>();
  let exemplars: Exemplar[] = [];
  let losses: Loss[] = [];
  let waiting: Waiting[] = [];
  let isEnded = false;

  const insertFlush = db.prepare(
    `INSERT INTO flush (run_id, started_us, ended_us, stored_op_count, kernel_op_count, row_count,
       daemon_cpu_us, daemon_rss_bytes, bpftrace_cpu_us, bpftrace_rss_bytes, database_bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertTotal = db.prepare(
    `INSERT INTO total VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET op_count = op_count + excluded.op_count,
       error_count = error_count + excluded.error_count, size_bytes_sum = size_bytes_sum + excluded.size_bytes_sum,
       latency_ns_sum = latency_ns_sum + excluded.latency_ns_sum,
       latency_ns_max = max(latency_ns_max, excluded.latency_ns_max),
       inner_latency_ns_sum = inner_latency_ns_sum + excluded.inner_latency_ns_sum`,
  );
  const insertBucket = db.prepare(
    `INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET op_count = op_count + excluded.op_count`,
  );
  const insertExemplar = db.prepare(
    `INSERT INTO exemplar (run_id, ended_us, op_id, variant, cgroup_key, process_key, tid, thread, file_key,
       size_bytes, latency_ns, inner_latency_ns, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertLost = db.prepare(
    `INSERT INTO lost (run_id, started_us, ended_us, kind, op_id, lost_count, detail) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const updateAlive = db.prepare('UPDATE run SET alive_us = ? WHERE run_id = ?');

  const ownerOf = (
    cgroupId: number,
  ): { key: number; container: Container | undefined; containerKey: number | null } => {
    const path = lookups.cgroups.pathOf(cgroupId);
    const container = path === undefined ? undefined : lookups.containers.ofCgroup(path);
    const containerKey = container ? dictionaries.container(container, nowUs()) : null;
    return { key: dictionaries.cgroup(cgroupId, path, containerKey), container, containerKey };
  };

  const fileKeyOf = (
    file: FileIdentity,
    container: Container | undefined,
    containerKey: number | null,
  ): number => {
    const label = labelFile(file, names.pathOf(file), container, lookups.mounts);
    const device = dictionaries.device(labelDevice(file.dev, container, lookups.devices, lookups.mounts));
    if (label.state === 'unknown' && unnamed.size < UNNAMED_MAX) {
      unnamed.set([file.dev, file.ino, file.hash, container?.containerId].join(':'), { file, container });
    }
    return dictionaries.file(file, label, containerKey, device);
  };

  const store = (entry: Waiting): void => {
    const { flush } = entry;
    const started = clock.toWall(flush.startedBootUs);
    const ended = clock.toWall(flush.endedBootUs);
    const { daemonCpuUs, daemonRssBytes, bpftraceCpuUs, bpftraceRssBytes, databaseBytes } = cost();
    const flushId = insertFlush.run(
      runId,
      started,
      ended,
      sum(flush.totals.map(({ opCount }) => opCount)),
      sum([...flush.kernelOps.values()]),
      flush.totals.length + flush.buckets.length + entry.exemplars.length,
      daemonCpuUs,
      daemonRssBytes,
      bpftraceCpuUs,
      bpftraceRssBytes,
      databaseBytes,
    ).lastInsertRowid;
    for (const total of flush.totals) {
      const { key, container, containerKey } = ownerOf(total.cgroupId);
      const process = dictionaries.process(total.pid, processNames.get(total.pid));
      const file = fileKeyOf(total.file, container, containerKey);
      const { opId, variant, opCount, errorCount, sizeBytes, latencyNs, latencyNsMax, innerNs } = total;
      insertTotal.run(
        flushId,
        opId,
        variant,
        key,
        process,
        file,
        opCount,
        errorCount,
        sizeBytes,
        latencyNs,
        latencyNsMax,
        innerNs,
      );
    }
    for (const { opId, variant, cgroupId, dev, bucket, opCount } of flush.buckets) {
      const { key, container } = ownerOf(cgroupId);
      const device = dictionaries.device(labelDevice(dev, container, lookups.devices, lookups.mounts));
      insertBucket.run(flushId, opId, variant, key, device, bucket, opCount);
    }
    for (const exemplar of entry.exemplars) {
      const { key, container, containerKey } = ownerOf(exemplar.cgroupId);
      const process = dictionaries.process(exemplar.pid, processNames.get(exemplar.pid));
      const file = fileKeyOf(exemplar.file, container, containerKey);
      const { bootUs, opId, variant, tid, thread, sizeBytes, latencyNs, innerNs, error } = exemplar;
      insertExemplar.run(
        runId,
        clock.toWall(bootUs),
        opId,
        variant,
        key,
        process,
        tid,
        thread,
        file,
        sizeBytes,
        latencyNs,
        innerNs,
        error,
      );
    }
    for (const { kind, opId, count, detail } of entry.losses) {
      insertLost.run(runId, started, ended, kind, opId, count, detail);
    }
    nameTheUnnamed();
    updateAlive.run(nowUs(), runId);
  };

  /** Names may arrive after the totals that need them. */
  const nameTheUnnamed = (): void => {
    const again = unnamed;
    unnamed = new Map();
    for (const { file, container } of again.values()) {
      if (names.pathOf(file))
        fileKeyOf(file, container, container ? dictionaries.container(container, nowUs()) : null);
      else
        unnamed.set([file.dev, file.ino, file.hash, container?.containerId].join(':'), { file, container });
    }
  };

  const retry = (): boolean => {
    while (waiting[0]) {
      const entry = waiting[0];
      try {
        db.transaction(store)(entry);
        waiting.shift();
      } catch (error) {
        dictionaries.forget();
        const reason = error instanceof Error ? error : new Error(String(error));
        events.storeFailed(reason);
        // What no retry can mend must not hold up what comes after it.
        if (!mayPass(reason)) waiting = dropOldest(waiting, reason.message);
        else if (waiting.length > FLUSHES_WAITING_MAX)
          waiting = dropOldest(waiting, 'the database could not be written');
        return false;
      }
    }
    return true;
  };

  const takeFlush = (flush: Flush): void => {
    lookups.mounts.refresh();
    waiting.push({ flush, exemplars, losses: [...losses, ...lossesOf(flush)] });
    exemplars = [];
    losses = [];
    retry();
    events.flushed(flush);
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
        exemplars.push(record);
        return;
      case 'flush':
        flushes.begin(record);
        return;
      case 'flushed': {
        const flush = flushes.end(record.sequence);
        if (flush) takeFlush(flush);
        return;
      }
      case 'end':
        isEnded = true;
    }
  };

  const reject = ({ rejected }: Reject): void => {
    losses.push(loss('record_rejected', null, 1, rejected.slice(0, SAMPLE_LENGTH)));
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
      if (isEnded) return;
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
        case 'stats':
          flushes.add(message);
          return;
        case 'lost':
          losses.push(loss('records_lost', null, message.events, null));
          return;
        case 'note':
          return;
      }
    },
    retry,
    endSeen: () => isEnded,
    noteLoss(kind, count, detail) {
      losses.push(loss(kind, null, count, detail));
    },
  };
}

const loss = (kind: string, opId: number | null, count: number, detail: string | null): Loss => ({
  kind,
  opId,
  count,
  detail,
});

/** What the kernel counted and what arrived must be the same. */
function lossesOf(flush: Flush): Loss[] {
  const uncounted = [...flush.kernelOps].flatMap(([opId, counted]) => {
    const arrived = sum(flush.totals.filter((t) => t.opId === opId).map((t) => t.opCount));
    const bucketed = sum(flush.buckets.filter((b) => b.opId === opId).map((b) => b.opCount));
    return [
      ...(counted === arrived
        ? []
        : [loss('operations_uncounted', opId, counted - arrived, 'missing from the totals')]),
      ...(counted === bucketed
        ? []
        : [loss('latencies_uncounted', opId, counted - bucketed, 'missing from the percentiles')]),
    ];
  });
  const suppressed = [...flush.suppressed].map(([opId, count]) =>
    loss('exemplars_suppressed', opId, count, null),
  );
  return [...uncounted, ...suppressed];
}

/** A full disk, a lock, an I/O error: the same rows may be written later. */
function mayPass(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return /^SQLITE_(?:FULL|BUSY|LOCKED|IOERR|READONLY|CANTOPEN|NOMEM)/u.test(code);
}

/** The oldest flush is given up; the next one says what went with it. */
function dropOldest([oldest, ...rest]: readonly Waiting[], detail: string): Waiting[] {
  if (!oldest) return [];
  const gone = [...oldest.flush.kernelOps].map(([opId, count]) =>
    loss('operations_uncounted', opId, count, detail),
  );
  const losses = [...oldest.losses, ...gone];
  const [next, ...later] = rest;
  if (next) return [{ ...next, losses: [...losses, ...next.losses] }, ...later];
  const { sequence, startedBootUs, endedBootUs } = oldest.flush;
  const empty = {
    sequence,
    startedBootUs,
    endedBootUs,
    totals: [],
    buckets: [],
    kernelOps: new Map(),
    suppressed: new Map(),
  };
  return [{ flush: empty, exemplars: [], losses }];
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
