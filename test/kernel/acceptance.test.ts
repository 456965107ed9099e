import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Guest, Row } from '../guest.ts';
import { GUEST_PATIENCE_MS, runInGuest } from '../guest.ts';

const KERNELS = ['bookworm', 'trixie', 'sid'] as const;
const LOWER_FILES = [1009, 4099, 65_537, 100_003, 524_287, 1_048_583, 7_340_033];
const SYNC_KINDS = { fdatasync: 19, fsync: 23, msync: 13, o_dsync: 17 };

const summary: Row[] = [];
afterAll(() => {
  console.table(summary);
});

describe.each(KERNELS)('on the kernel of %s', (kernel) => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await runInGuest(kernel, 'scenario');
    summary.push(await summarize(kernel, guest));
  }, GUEST_PATIENCE_MS);

  it('every sync of a container is counted once, under its name, by kind and file as it sees it', async () => {
    const rows = await guest.sql(`
      SELECT file, sync_kind, sum(op_count) AS n FROM fsync
      WHERE container = 'app1' AND process = 'workload' GROUP BY file, sync_kind ORDER BY file, sync_kind`);
    const expected = ['/data/file', '/volume/file'].flatMap((file) =>
      Object.entries(SYNC_KINDS).map(([sync_kind, n]) => ({ file, sync_kind, n })),
    );
    expect(rows).toEqual(expected);
  });

  it('top by container has the sum in one row per operation', async () => {
    const rows = await guest.top('--op', 'fsync,copy_up');
    const app1 = rows.filter(({ container }) => container === 'app1');
    expect(app1.map(({ op, op_count, size_bytes_sum }) => ({ op, op_count, size_bytes_sum }))).toEqual(
      expect.arrayContaining([
        { op: 'fsync', op_count: 144, size_bytes_sum: 0 },
        { op: 'copy_up', op_count: 7, size_bytes_sum: LOWER_FILES.reduce((a, b) => a + b) },
      ]),
    );
    expect(new Set(app1.map(({ cgroup_path }) => cgroup_path))).toEqual(
      new Set(['/kubepods/burstable/pod123/app1']),
    );
  });

  it('the host path of a file is in the snapshot or the volume', async () => {
    const rows = await guest.sql(`
      SELECT DISTINCT file, host_path FROM fsync
      WHERE container = 'app1' AND sync_kind = 'fsync' AND process = 'workload' ORDER BY file`);
    const masked = rows.map((row) => ({
      ...row,
      host_path: String(row['host_path']).replace(/\d+\/fs/u, 'N/fs'),
    }));
    expect(masked).toEqual([
      {
        file: '/data/file',
        host_path: '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/N/fs/data/file',
      },
      { file: '/volume/file', host_path: '/data/volume/file' },
    ]);
  });

  it('seven copy-ups have their paths and sizes, the directory is counted apart', async () => {
    const rows = await guest.sql(`
      SELECT file, op, sum(op_count) AS n, sum(size_bytes_sum) AS bytes, sum(error_count) AS errors
      FROM copy_up WHERE container = 'app1' GROUP BY file, op ORDER BY bytes, op`);
    expect(rows.filter(({ op }) => op === 'copy_up')).toEqual(
      LOWER_FILES.map((bytes, index) => ({
        file: `/lower/f${String(index + 1)}`,
        op: 'copy_up',
        n: 1,
        bytes,
        errors: 0,
      })),
    );
    expect(rows).toContainEqual({ file: '/lower', op: 'copy_up_dir', n: 1, bytes: 0, errors: 0 });
  });

  it('each copy-up is an exemplar with its duration', async () => {
    const rows = await guest.sql(`
      SELECT file, size_bytes FROM slow WHERE op = 'copy_up' AND container = 'app1' AND latency_ns > 0 ORDER BY size_bytes`);
    expect(rows).toEqual(
      LOWER_FILES.map((size_bytes, index) => ({ file: `/lower/f${String(index + 1)}`, size_bytes })),
    );
  });

  it('64 threads at once lose no fsync: 1472 of 1472, on 64 files', async () => {
    const rows = await guest.sql(`
      SELECT sum(op_count) AS n, count(DISTINCT file) AS files FROM fsync
      WHERE container = 'threads' AND process = 'workload'`);
    expect(rows).toEqual([{ n: 1472, files: 64 }]);
  });

  it('the rarer kinds are told apart, io_uring by its worker', async () => {
    const rows = await guest.sql(`
      SELECT sync_kind, sum(op_count) AS n FROM fsync
      WHERE container = 'kinds' AND process = 'workload' GROUP BY sync_kind ORDER BY sync_kind`);
    expect(rows).toEqual([
      { sync_kind: 'io_uring', n: 11 },
      { sync_kind: 'o_dsync', n: 3 },
      { sync_kind: 'o_sync', n: 7 },
      { sync_kind: 'sync', n: 2 },
      { sync_kind: 'sync_file_range', n: 7 },
      { sync_kind: 'syncfs', n: 2 },
    ]);
  });

  it('reads and writes of a container are counted once each, whatever call made them', async () => {
    const rows = await guest.sql(`
      SELECT file, op, served, sum(op_count) AS n, sum(size_bytes_sum) AS bytes FROM file_io
      WHERE container = 'rw' AND process = 'workload' AND NOT (file = '/data/rw.out' AND served = 'waited')
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`);
    const waited = await guest.sql(
      `SELECT ifnull(sum(op_count), 0) AS n FROM file_io WHERE container = 'rw' AND file = '/data/rw.out' AND served = 'waited'`,
    );
    const written = 431 - Number(waited[0]?.['n']);
    const pages = (n: number) => ({ n, bytes: 4096 * n });
    expect(rows).toEqual([
      { file: '/data/rw.in', op: 'read', served: 'cached', ...pages(304) },
      { file: '/data/rw.in', op: 'write', served: 'buffered', ...pages(1) },
      { file: '/data/rw.out', op: 'write', served: 'buffered', ...pages(written) },
      { file: '/data/uring', op: 'read', served: 'io_uring', ...pages(97) },
      { file: '/data/uring', op: 'write', served: 'buffered', ...pages(1) },
      { file: '/data/uring', op: 'write', served: 'io_uring', ...pages(101) },
    ]);
  });

  it('opens of a container are counted by file, and those that failed', async () => {
    const rows = await guest.sql(`
      SELECT file, sum(op_count) AS n, sum(error_count) AS errors FROM open
      WHERE container = 'rw' AND op = 'open' AND file IN ('/data/opens', '(not opened)')
        AND pid IN (SELECT pid FROM open WHERE file = '/data/opens')
      GROUP BY 1 ORDER BY 1`);
    expect(rows).toEqual([
      { file: '(not opened)', n: 89, errors: 89 },
      { file: '/data/opens', n: 83, errors: 0 },
    ]);
  });

  it('reads that wait for the device are told from cached ones, and from those that wait for another’s', async () => {
    const rows = await guest.sql(`
      SELECT sum(op_count) AS n, sum(size_bytes_sum) AS bytes,
        sum(op_count) FILTER (WHERE served IN ('device', 'readahead')) BETWEEN 2 AND 64 AS some_asked
      FROM file_io WHERE file = '/mnt/late/long' AND process = 'workload' AND served <> 'direct'`);
    expect(rows).toEqual([{ n: 2 * 257, bytes: 2 * 1_048_576, some_asked: 1 }]);
    const apart = await guest.sql(`
      SELECT file, op, served, sum(op_count) AS n, max(latency_ns_max) > 500000000 AS is_long FROM file_io
      WHERE file IN ('/mnt/late/shared', '/mnt/late/partly') AND process = 'workload' AND size_bytes_sum > 0
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`);
    expect(apart).toEqual([
      { file: '/mnt/late/partly', op: 'write', served: 'waited', n: 1, is_long: 1 },
      { file: '/mnt/late/shared', op: 'read', served: 'device', n: 1, is_long: 1 },
      { file: '/mnt/late/shared', op: 'read', served: 'waited', n: 1, is_long: 1 },
    ]);
    expect(
      await guest.sql(
        `SELECT op, sum(op_count) AS n FROM file_io WHERE file LIKE '/mnt/late/%' AND served = 'direct' GROUP BY 1`,
      ),
    ).toEqual([
      { op: 'read', n: 257 },
      { op: 'write', n: 17 },
    ]);
  });

  it('the programs on vfs_read and vfs_write are in the samples of what it costs', async () => {
    const rows = await guest.sql(`
      SELECT sum(run_count) > 0 AS has_run FROM program WHERE name LIKE '%vfs_read%' OR name LIKE '%vfs_write%'`);
    expect(rows).toEqual([{ has_run: 1 }]);
  });

  it('a container that lived for a moment has its name', async () => {
    const rows = await guest.sql(
      `SELECT sum(op_count) AS n FROM fsync WHERE container = 'blink' AND process = 'workload'`,
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('hostile file names arrive whole and break nothing', async () => {
    const rows = await guest.sql(
      `SELECT file FROM fsync WHERE container = 'hostile' AND sync_kind = 'fsync' ORDER BY file`,
    );
    const names = rows.map(({ file }) => String(file).replace(/^\/data\//u, '')).toSorted();
    expect(names).toEqual(HOSTILE_NAMES);
    expect(await guest.sql(`SELECT count(*) AS n FROM loss WHERE kind = 'record_rejected'`)).toEqual([
      { n: 0 },
    ]);
  });

  it('strace counts the same known workload', () => {
    const calls = Object.fromEntries<number>(
      [...guest.read('strace').matchAll(/^\s*\S+\s+\S+\s+\S+\s+(\d+)\s+(fsync|fdatasync|msync)$/gmu)].map(
        (m) => [String(m[2]), Number(m[1])],
      ),
    );
    expect(calls).toEqual({ fsync: 23, fdatasync: 19, msync: 13 });
  });

  it('11 syncs on a disk that delays each write by 20 ms take that, and no longer than the program ran', async () => {
    const rows = await guest.sql(`
      SELECT sum(op_count) AS n, sum(latency_ns_sum) AS ns FROM fsync
      WHERE host_path = '/mnt/slow/file' AND process = 'workload'`);
    expect(rows).toEqual([{ n: 11, ns: expect.any(Number) as number }]);
    expect(rows[0]?.['ns']).toBeGreaterThanOrEqual(11 * 20e6);
    expect(rows[0]?.['ns']).toBeLessThan(Number(guest.read('slow_ns')));
  });

  it('reads, flushes and all bytes are those of /proc/diskstats', async () => {
    const before = diskstats(guest.read('diskstats.before'));
    const after = diskstats(guest.read('diskstats.after'));
    const rows = await guest.sql(`
      SELECT op, sum(op_count) AS n, sum(size_bytes_sum) AS bytes FROM block
      WHERE ended_us > ${guest.read('before_us').trim()} AND ended_us <= ${guest.read('after_us').trim()}
        AND device = 'vda' GROUP BY op`);
    const counted = (op: string, column: string) => rows.find((row) => row['op'] === op)?.[column] ?? 0;
    expect({
      reads: counted('block_read', 'n'),
      readBytes: counted('block_read', 'bytes'),
      writtenBytes: counted('block_write', 'bytes'),
      flushes: counted('block_flush', 'n'),
    }).toEqual({
      reads: after.reads - before.reads,
      readBytes: after.readBytes - before.readBytes,
      writtenBytes: after.writtenBytes - before.writtenBytes,
      flushes: after.flushes - before.flushes,
    });
  });

  it('data written by a container is charged to it, with the file, even by a kworker', async () => {
    const rows = await guest.sql(`
      SELECT DISTINCT file FROM block WHERE container = 'app1' AND op = 'block_write' AND file LIKE '/lower/f%'`);
    expect(rows.length).toBeGreaterThan(0);
  });

  it('bpftrace is at real-time priority where it could be preempted in the kernel, and nowhere else', () => {
    const policy = /scheduling policy: (\w+)/u.exec(guest.read('priority'))?.[1];
    expect(policy).toBe(kernel === 'sid' ? 'SCHED_FIFO' : 'SCHED_OTHER');
  });

  it('nothing was lost, and everything tried was seen', async () => {
    expect(
      await guest.sql(
        `SELECT kind, sum(lost_count) AS n FROM loss
         WHERE kind NOT IN ('exemplars_suppressed', 'exemplars_lost', 'programs_skipped') GROUP BY kind`,
      ),
    ).toEqual([]);
    // bpftrace 0.17 has no raw tracepoints.
    expect(
      await guest.sql(
        `SELECT subject FROM coverage WHERE state = 'missing' AND subject <> 'throttle_block' ORDER BY 1`,
      ),
    ).toEqual([{ subject: 'aio' }, { subject: 'memory mappings' }]);
    expect(
      await guest.sql('SELECT sum(max(kernel_op_count - stored_op_count, 0)) AS missing FROM ledger'),
    ).toEqual([{ missing: 0 }]);
  });

  it('top ran in the guest while iotrace recorded, and named the containers', () => {
    const rows = JSON.parse(guest.read('top.json')) as Row[];
    expect(rows.map(({ container }) => container)).toEqual(expect.arrayContaining(['app1', 'threads']));
  });
});

/** One line of the table that closes the run. */
async function summarize(kernel: string, guest: Guest): Promise<Row> {
  const [row] = await guest.sql(`
    SELECT (SELECT sum(op_count) FROM fsync WHERE container = 'app1' AND process = 'workload') AS "app1 syncs of 144",
      (SELECT sum(op_count) FROM copy_up WHERE container = 'app1' AND op = 'copy_up') AS "copy-ups of 7",
      (SELECT sum(op_count) FROM fsync WHERE container = 'threads' AND process = 'workload') AS "threads of 1472",
      (SELECT sum(kernel_op_count - stored_op_count) FROM ledger) AS "operations lost",
      (SELECT ifnull(sum(lost_count), 0) FROM loss WHERE kind = 'programs_skipped') AS "programs skipped"`);
  const version = (file: string): string => /v?(\d+\.[\d.]+)/u.exec(guest.read(file))?.[1] ?? '';
  const versions = {
    linux: version('kernel'),
    bpftrace: version('bpftrace'),
    containerd: version('containerd'),
  };
  return { kernel, ...versions, ...row };
}

/** As `workload hostile` makes them; bytes that are no UTF-8 are shown as \xff. */
const HOSTILE_NAMES = [
  'quote"',
  'back\\slash',
  'new\nline',
  'tab\t',
  'soh\u0001',
  'us\u001f',
  'del\u007f',
  'invalid\\xff\\xfe',
  '日本語',
  'n'.repeat(255),
  '","',
  '}]}\n{"type":"map"',
].toSorted();

type Counters = { reads: number; readBytes: number; writtenBytes: number; flushes: number };

/**
 * vda in /proc/diskstats (kernel Documentation/admin-guide/iostats.rst). Its count of writes is left
 * out: that one includes empty flush requests, which become device flushes and are counted as such.
 */
function diskstats(text: string): Counters {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/u));
  const fields = (lines.find(([, , name]) => name === 'vda') ?? []).slice(3).map(Number);
  const [reads = 0, , readSectors = 0, , , , writtenSectors = 0] = fields;
  return {
    reads,
    readBytes: readSectors * 512,
    writtenBytes: writtenSectors * 512,
    flushes: fields[15] ?? 0,
  };
}
