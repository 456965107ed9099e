import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import split2 from 'split2';
import { createCgroups } from '../../src/daemon/lookups/cgroups.ts';
import { createContainers } from '../../src/daemon/lookups/containers.ts';
import { createDevices } from '../../src/daemon/lookups/devices.ts';
import { createMounts } from '../../src/daemon/lookups/mounts.ts';
import type { Roots } from '../../src/daemon/lookups/roots.ts';
import type { CoverageLine, PlannedProbe } from '../../src/daemon/contract.ts';
import { createRecorder } from '../../src/daemon/recorder.ts';
import type { Lookups } from '../../src/daemon/lookups/lookups.ts';
import { createSession } from '../../src/daemon/store/session.ts';
import type { Interval } from '../../src/daemon/stream/totals.ts';
import { isFailure } from '../../src/failure.ts';
import { openForWriting, VIEWS } from '../../src/schema/open.ts';
import type { Db } from '../../src/schema/open.ts';
import { wallUs } from '../../src/schema/units.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/streams');

/** Folders made by test/replay/record: one for each kernel and bpftrace. */
export const STREAMS = readdirSync(FOLDER)
  .filter((name) => existsSync(join(FOLDER, name, 'stream.ndjson.gz')))
  .toSorted();

/** When the recorded kernels are said to have booted. */
const BOOTED_US = Date.parse('2026-11-21T22:00:00Z') * 1000;

type SessionRow = {
  readonly host: string;
  readonly boot_id: string;
  readonly kernel_release: string;
  readonly bpftrace_version: string;
  readonly cpu_count: number;
  readonly interval_ms: number;
  readonly slow_ns: number;
  readonly plan: string;
  readonly ended_how: string;
};

export const fixturePath = (stream: string, path: string): string => join(FOLDER, stream, path);

const readJson = (stream: string, path: string): unknown =>
  JSON.parse(readFileSync(fixturePath(stream, path), 'utf8'));

export const planOf = (stream: string): PlannedProbe[] =>
  JSON.parse((readJson(stream, 'session.json') as SessionRow[])[0]!.plan) as PlannedProbe[];

/** bpftrace's output as it came. */
const bytesOf = (stream: string): Buffer => gunzipSync(readFileSync(fixturePath(stream, 'stream.ndjson.gz')));

export const linesOf = (stream: string): string[] => bytesOf(stream).toString('utf8').split('\n');

/** The daemon's own lookups on the files that were there while the container ran. */
function lookupsOf(stream: string): Lookups {
  const at = (path: string): string => fixturePath(stream, path);
  const roots: Roots = {
    host: at('.'),
    cgroup: at('sys/fs/cgroup'),
    proc: at('proc'),
    sys: at('sys'),
    run: at('run'),
    varLib: at('var/lib'),
  };
  const mounts = createMounts(roots);
  const cgroups = createCgroups(roots);
  for (const line of readFileSync(at('cgroups'), 'utf8').trim().split('\n')) {
    const [id, path] = line.split(' ');
    cgroups.learn(Number(id), path!);
  }
  const containers = createContainers(roots, mounts);
  return { mounts, cgroups, containers, devices: createDevices(roots, mounts), proc: roots.proc };
}

export type Replay = {
  readonly db: Db;
  readonly intervals: readonly Interval[];
  readonly storeFailures: readonly Error[];
};

/** A recording made of a stream: the way of the data from main.ts on, but for bpftrace and the clock. */
function startReplay(stream: string, databasePath = ':memory:') {
  const db = openForWriting(databasePath);
  if (isFailure(db)) throw new Error(JSON.stringify(db));
  const [row] = readJson(stream, 'session.json') as SessionRow[];
  const [major, minor] = row!.bpftrace_version.split('.').map(Number);
  const session = createSession(
    db,
    {
      bpftrace: 'bpftrace',
      setpriv: '/usr/bin/setpriv',
      bpftraceVersion: [major!, minor!],
      kernelRelease: row!.kernel_release,
      kernelVersion: [0, 0],
      host: row!.host,
      bootId: row!.boot_id,
      cpuCount: row!.cpu_count,
      possibleCpuCount: row!.cpu_count,
      hasBtf: true,
      hasKprobes: true,
      tracing: '/sys/kernel/tracing',
    },
    {
      databasePath,
      forMs: undefined,
      intervalMs: row!.interval_ms,
      slowNs: row!.slow_ns,
      exemplarsPerSecond: 50,
      samplers: [],
      keepMs: 7 * 86_400_000,
      maxDatabaseBytes: 2 ** 31,
      mapMemoryBytes: 2 ** 26,
      maxCpuPercent: 5,
      mayBeRealtime: false,
    },
  );
  if (isFailure(session)) throw new Error(JSON.stringify(session));
  session.planned(planOf(stream));
  session.proven(readJson(stream, 'coverage.json') as CoverageLine[]);
  const intervals: Interval[] = [];
  const storeFailures: Error[] = [];
  const recorder = createRecorder(
    db,
    session.sessionId,
    lookupsOf(stream),
    { nowBootUs: () => 0, toWall: (bootUs) => wallUs(BOOTED_US + bootUs) },
    () => ({ daemonCpuUs: 0, daemonRssBytes: 0, bpftraceCpuUs: 0, bpftraceRssBytes: 0, databaseBytes: 0 }),
    {
      ready: () => undefined,
      readyToEnd: () => undefined,
      addInterval: (interval) => intervals.push(interval),
      storeFailed: (error) => storeFailures.push(error),
    },
  );
  return {
    line(line: string): void {
      recorder.line(line);
    },
    end(): Replay {
      recorder.finish();
      session.end(row!.ended_how);
      // The session's own times are those of the replay: what is shown of it is the recording's.
      db.prepare(
        `UPDATE session_record SET started_us = (SELECT min(started_us) FROM interval), alive_us = (SELECT max(ended_us) FROM interval),
           ended_us = (SELECT max(ended_us) FROM interval) WHERE EXISTS (SELECT 1 FROM interval)`,
      ).run();
      return { db, intervals, storeFailures };
    },
  };
}

export function replay(stream: string, lines = linesOf(stream), databasePath = ':memory:'): Replay {
  const replaying = startReplay(stream, databasePath);
  for (const line of lines) replaying.line(line);
  return replaying.end();
}

/** The same as chunks of a pipe, put together to lines as startBpftrace does. */
export async function replayChunks(stream: string, chunkBytes: number): Promise<Replay> {
  const replaying = startReplay(stream);
  const bytes = bytesOf(stream);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  for await (const line of Readable.from(chunks).pipe(split2())) replaying.line(String(line));
  return replaying.end();
}

/** What a replay wrote: all rows of the views that do not say when or where it ran. */
export const tablesOf = (db: Db): string =>
  tables(
    db,
    VIEWS.filter((view) => view !== 'session' && view !== 'coverage' && view !== 'containers').map((view) => [
      view,
      `SELECT * FROM ${view}`,
    ]),
  );

/** The same for people to compare: totals and latencies over all intervals. */
export const summaryOf = (db: Db): string =>
  tables(db, [
    [
      'operations',
      // Of what the host's programs read and open while they start only how often is kept.
      `WITH shown AS (SELECT *, container IS NULL AND op IN ('read', 'write', 'open', 'close')
         AND file NOT LIKE '/mnt/%' AS is_aside FROM operations)
       SELECT container, cgroup_path, process, iif(is_aside, NULL, pid) AS pid, iif(is_aside, NULL, file) AS file,
         iif(is_aside, NULL, host_path) AS host_path, device, op, variant, sum(op_count) AS op_count,
         sum(error_count) AS error_count, sum(size_bytes_sum) AS size_bytes_sum,
         sum(latency_ns_sum) AS latency_ns_sum, max(latency_ns_max) AS latency_ns_max,
         sum(inner_latency_ns_sum) AS inner_latency_ns_sum
       FROM shown GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 8, 9, 5, 6, 7`,
    ],
    [
      'latency',
      `SELECT container, cgroup_path, device, op, variant, bucket, sum(op_count) AS op_count
       FROM latency GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6`,
    ],
    [
      'slow',
      `SELECT container, process, thread, tid, file, device, op, variant, size_bytes, latency_ns, inner_latency_ns, error
       FROM slow ORDER BY ended_us, latency_ns`,
    ],
    ['loss', 'SELECT kind, op, lost_count, detail FROM loss'],
    [
      'ledger',
      'SELECT interval_id, ended_us - started_us AS duration_us, kernel_op_count, stored_op_count FROM ledger',
    ],
  ]);

/** Tables as text, a row a line. */
function tables(db: Db, queries: readonly (readonly [name: string, sql: string])[]): string {
  return queries
    .map(([name, sql]) => {
      const statement = db.prepare<[], unknown[]>(sql).raw();
      const columns = statement.columns().map((column) => column.name);
      const rows = statement.all().map((row) => JSON.stringify(row));
      return [`# ${name}`, JSON.stringify(columns), ...rows, ''].join('\n');
    })
    .join('\n');
}
