import { createCgroups } from '../../src/daemon/lookups/cgroups.ts';
import { createContainers } from '../../src/daemon/lookups/containers.ts';
import { createDevices } from '../../src/daemon/lookups/devices.ts';
import { createMounts } from '../../src/daemon/lookups/mounts.ts';
import type { Roots } from '../../src/daemon/lookups/roots.ts';
import { createRecorder } from '../../src/daemon/recorder.ts';
import type { Interval } from '../../src/daemon/stream/totals.ts';
import { isFailure } from '../../src/failure.ts';
import { openForWriting } from '../../src/schema/open.ts';
import type { Db } from '../../src/schema/open.ts';
import { wallUs } from '../../src/schema/units.ts';
import { emptyTree } from './lookups/trees.ts';

/** A database in memory with one run in it. */
export function memoryDatabase(): { db: Db; sessionId: number } {
  const db = openForWriting(':memory:');
  if (isFailure(db)) throw new Error(db.code);
  db.prepare(
    `INSERT INTO session_record VALUES (1, 'boot', 'host', 1, 0, 0, NULL, NULL, '0', '6.1', '0.17', 2, 5000, 10000000, '[]')`,
  ).run();
  return { db, sessionId: 1 };
}

const COST = {
  daemonCpuUs: 1,
  daemonRssBytes: 2,
  bpftraceCpuUs: 3,
  bpftraceRssBytes: 4,
  databaseBytes: 5,
};

/** The wall time of the kernel's zero. */
export const BOOTED_US = 1_795_000_000_000_000;

/** A real recorder on a database in memory, told what a test wants bpftrace to have printed. */
export function recording(roots: Roots = emptyTree()) {
  const { db, sessionId } = memoryDatabase();
  const mounts = createMounts(roots);
  const cgroups = createCgroups(roots);
  const lookups = {
    mounts,
    cgroups,
    containers: createContainers(roots, mounts),
    devices: createDevices(roots, mounts),
    proc: roots.proc,
  };
  const events = { ready: 0, readyToEnd: 0, intervals: [] as Interval[], failures: [] as string[] };
  const recorder = createRecorder(
    db,
    sessionId,
    lookups,
    { nowBootUs: () => 0, toWall: (bootUs) => wallUs(BOOTED_US + bootUs) },
    () => COST,
    {
      ready: () => (events.ready += 1),
      readyToEnd: () => (events.readyToEnd += 1),
      addInterval: (interval) => events.intervals.push(interval),
      storeFailed: (error) => events.failures.push(error.message),
    },
  );
  const value = (...data: readonly unknown[]): void => {
    recorder.line(JSON.stringify({ type: 'value', data }));
  };
  const print = (type: 'map' | 'stats', name: string, entries: unknown): void => {
    recorder.line(JSON.stringify({ type, data: { [name]: entries } }));
  };
  let sequence = 0;
  const before = new Map<string, number>();
  return {
    db,
    lookups,
    recorder,
    events,
    value,
    print,
    /** An interval of set a in which each key had one operation of 1000 ns, unless `more` prints other maps. */
    endInterval(keys: readonly string[] = [], more: () => void = () => undefined): void {
      sequence += 1;
      value('flush', sequence, sequence * 1e6, (sequence + 1) * 1e6);
      if (keys.length > 0) {
        const one = { count: 1, average: 1000, total: 1000 };
        print('map', '@row_a', Object.fromEntries(keys.map((key, row) => [`${String(row)},${key}`, 1])));
        print('stats', '@latency_a', Object.fromEntries(keys.map((_, row) => [row, one])));
        print('map', '@max_a', Object.fromEntries(keys.map((_, row) => [row, 1000])));
      }
      const buckets = new Map<string, number>();
      for (const key of keys) {
        const [op, variant, cgroup, , dev] = key.split(',');
        const bucket = [op, variant, cgroup, dev, 156].join(',');
        buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
        before.set(op!, (before.get(op!) ?? 0) + 1);
      }
      print('map', '@bucket_a', Object.fromEntries(buckets));
      more();
      print('map', '@ops_a', Object.fromEntries(before));
      value('flushed', sequence);
    },
    all: (query: string) => db.prepare<[], Record<string, unknown>>(query).all(),
  };
}
