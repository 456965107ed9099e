import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/schema/open.ts';
import { fixturePath, linesOf, replay, replayChunks, STREAMS, summaryOf, tablesOf } from './replay.ts';

/** What test/replay/guest makes containers do; the same on every kernel. */
const LOWER_FILES = [1009, 4099, 65_537, 100_003, 524_287, 1_048_583, 7_340_033];
const SYNC_KINDS = { fdatasync: 19, fsync: 23, msync: 13, o_dsync: 17 };
const RARE_KINDS = { io_uring: 11, o_dsync: 3, o_sync: 7, sync_file_range: 7, syncfs: 2 };
const HOSTILE_NAMES = [
  '","',
  'back\\slash',
  'del\u007f',
  'invalid\\xff\\xfe',
  'new\nline',
  'n'.repeat(255),
  'quote"',
  'soh\u0001',
  'tab\t',
  'us\u001f',
  '}]}\n{"type":"map"',
  '日本語',
];
const SNAPSHOT = '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/2/fs';

const ask = (db: Db, query: string): unknown[] => db.prepare(query).all();

test('there is a stream of each kernel', () => {
  expect(STREAMS).toEqual(['6.1-0.17.0', '6.12-0.23.2', '7.2-0.27.1']);
});

describe.each(STREAMS)('the stream of %s', (stream) => {
  const { db, intervals, storeFailures } = replay(stream);
  const tables = tablesOf(db);

  test('gives the tables that were looked at and found good', async () => {
    await expect(summaryOf(db)).toMatchFileSnapshot(fixturePath(stream, 'golden.txt'));
  });

  test('is whole: everything was stored, nothing was lost', () => {
    expect(storeFailures).toEqual([]);
    expect(ask(db, `SELECT kind, lost_count FROM loss WHERE kind <> 'exemplars_suppressed'`)).toEqual([]);
    expect(intervals.map(({ sequence }) => sequence)).toEqual(intervals.map((_, index) => index + 1));
    expect(ask(db, 'SELECT interval_id FROM ledger WHERE kernel_op_count <> stored_op_count')).toEqual([]);
    expect(ask(db, 'SELECT sum(op_count) AS n FROM latency')).toEqual(
      ask(db, 'SELECT sum(op_count) AS n FROM operations'),
    );
  });

  test('begins each interval where the one before ended', () => {
    const gaps = intervals
      .slice(1)
      .map(({ startedBootUs }, index) => startedBootUs - intervals[index]!.endedBootUs);
    expect(gaps).toEqual(gaps.map(() => 0));
  });

  test('has every sync of app1 once, by file and kind', () => {
    const expected = [
      ...Object.entries(SYNC_KINDS).map(([sync_kind, n]) => ({
        file: '/data/file',
        host_path: `${SNAPSHOT}/data/file`,
        sync_kind,
        n,
      })),
      ...Object.entries(RARE_KINDS).map(([sync_kind, n]) => ({
        file: '/data/kinds',
        host_path: `${SNAPSHOT}/data/kinds`,
        sync_kind,
        n,
      })),
      ...Object.entries(SYNC_KINDS).map(([sync_kind, n]) => ({
        file: '/volume/file',
        host_path: '/data/volume/file',
        sync_kind,
        n,
      })),
      { file: '(no file)', host_path: null, sync_kind: 'sync', n: 2 },
    ];
    const rows = ask(
      db,
      `SELECT file, host_path, sync_kind, sum(op_count) AS n FROM fsync
       WHERE container = 'app1' AND file IN ('(no file)', '/data/file', '/data/kinds', '/volume/file')
       GROUP BY 1, 2, 3 ORDER BY file = '(no file)', 1, 3`,
    );
    expect(rows).toEqual(expected);
  });

  test('has the upper file system’s part of an overlay’s sync, and none for a volume', () => {
    expect(
      ask(
        db,
        `SELECT file, sum(inner_latency_ns_sum) > 0.5 * sum(latency_ns_sum) AS is_mostly_inner,
           sum(inner_latency_ns_sum) <= sum(latency_ns_sum) AS is_part
         FROM fsync WHERE container = 'app1' AND sync_kind = 'fsync' AND file IN ('/data/file', '/volume/file') GROUP BY 1`,
      ),
    ).toEqual([
      { file: '/data/file', is_mostly_inner: 1, is_part: 1 },
      { file: '/volume/file', is_mostly_inner: 0, is_part: 1 },
    ]);
  });

  test('has hostile names whole, under a hostile process name, in another container', () => {
    const rows = ask(
      db,
      `SELECT file, process, sum(op_count) AS n FROM fsync WHERE container = 'hostile' GROUP BY 1, 2 ORDER BY 1`,
    );
    const names = HOSTILE_NAMES.map((name) => `/data/${name}`).toSorted();
    expect(rows).toEqual(names.map((file) => ({ file, process: 'a"\\\n\u0001\\xff', n: 1 })));
  });

  test('has the seven copy-ups with their sizes, each an exemplar, and their directory apart', () => {
    const expected = LOWER_FILES.map((bytes, index) => ({
      file: `/lower/f${String(index + 1)}`,
      n: 1,
      bytes,
    }));
    expect(
      ask(
        db,
        `SELECT file, sum(op_count) AS n, sum(size_bytes_sum) AS bytes FROM copy_up
         WHERE container = 'app1' AND op = 'copy_up' GROUP BY file ORDER BY bytes`,
      ),
    ).toEqual(expected);
    expect(
      ask(
        db,
        `SELECT file, count(*) AS n, sum(size_bytes) AS bytes FROM slow
         WHERE container = 'app1' AND op = 'copy_up' GROUP BY file ORDER BY bytes`,
      ),
    ).toEqual(expected);
    expect(
      ask(
        db,
        `SELECT sum(op_count) AS n FROM copy_up WHERE container = 'app1' AND op = 'copy_up_dir' AND file = '/lower'`,
      ),
    ).toEqual([{ n: 1 }]);
  });

  test('has direct reads and writes request by request, charged to app1', () => {
    expect(
      ask(
        db,
        `SELECT op, sum(op_count) AS n, sum(size_bytes_sum) AS bytes FROM block
         WHERE container = 'app1' AND file IN ('/data/direct', '(process memory: direct I/O)')
           AND process = 'workload' GROUP BY op`,
      ),
    ).toEqual([
      { op: 'block_read', n: 17, bytes: 69_632 },
      { op: 'block_write', n: 17, bytes: 69_632 },
    ]);
  });

  test('has one request of one page for each sync of a page', () => {
    expect(
      ask(
        db,
        `SELECT file, sum(op_count) AS n, sum(size_bytes_sum) AS bytes FROM block
         WHERE container = 'app1' AND op = 'block_write' AND file IN ('/data/file', '/volume/file') GROUP BY file`,
      ),
    ).toEqual([
      { file: '/data/file', n: 23 + 19 + 17 + 13, bytes: 4096 * (23 + 19 + 17 + 13) },
      { file: '/volume/file', n: 23 + 19 + 17 + 13, bytes: 4096 * (23 + 19 + 17 + 13) },
    ]);
  });

  test('charges what copying up wrote to app1, in whole pages', () => {
    expect(
      ask(
        db,
        `SELECT sum(size_bytes_sum) AS bytes FROM block
         WHERE container = 'app1' AND op = 'block_write' AND file = '(file being copied up)'
         GROUP BY host_path ORDER BY bytes`,
      ),
    ).toEqual(LOWER_FILES.map((bytes) => ({ bytes: Math.ceil(bytes / 4096) * 4096 })));
  });

  const fileIo = (where: string) =>
    ask(
      db,
      `SELECT file, op, served, sum(op_count) AS n, sum(size_bytes_sum) AS bytes, sum(error_count) AS errors
       FROM file_io WHERE ${where} AND process = 'workload' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    );

  test('has every read and write of app1, by whatever call, and none of pipes, sockets and devices', () => {
    const pages = (n: number) => ({ n, bytes: 4096 * n, errors: 0 });
    expect(fileIo(`container = 'app1' AND file LIKE '/data/rw%'`)).toEqual([
      { file: '/data/rw.in', op: 'read', served: 'cached', ...pages(23 + 29 + 31 + 37 + 41 + 43 + 47 + 53) },
      { file: '/data/rw.in', op: 'write', served: 'buffered', ...pages(1) },
      { file: '/data/rw.out', op: 'write', served: 'buffered', ...pages(59 + 61 + 67 + 71 + 73 + 47 + 53) },
    ]);
    expect(fileIo(`container = 'app1' AND file = '/data/uring'`)).toEqual([
      { file: '/data/uring', op: 'read', served: 'io_uring', ...pages(97) },
      { file: '/data/uring', op: 'write', served: 'buffered', ...pages(1) },
      { file: '/data/uring', op: 'write', served: 'io_uring', ...pages(101) },
    ]);
    expect(fileIo(`container = 'app1' AND file = '/data/direct'`)).toEqual([
      // 17 blocks and the end of the file.
      { file: '/data/direct', op: 'read', served: 'direct', n: 18, bytes: 17 * 4096, errors: 0 },
      { file: '/data/direct', op: 'write', served: 'direct', ...pages(17) },
    ]);
    expect(fileIo(`container = 'app1' AND file NOT LIKE '/data/%' AND op = 'read'`)).toEqual([]);
  });

  test('has reads that ask the device apart from those that do not: a quick disk may answer before the reader sleeps', () => {
    const rows = ask(
      db,
      `SELECT sum(op_count) AS reads, sum(size_bytes_sum) AS bytes,
         sum(op_count) FILTER (WHERE served IN ('device', 'readahead')) BETWEEN 2 AND 64 AS some_asked,
         sum(op_count) FILTER (WHERE served = 'cached') > 257 + 200 AS most_are_cached
       FROM file_io WHERE file = '/mnt/late/long' AND served <> 'direct'`,
    );
    expect(rows).toEqual([{ reads: 2 * 257, bytes: 2 * 2 ** 20, some_asked: 1, most_are_cached: 1 }]);
    expect(fileIo(`file IN ('/mnt/late/long', '/mnt/late/direct') AND served = 'direct'`)).toEqual([
      { file: '/mnt/late/direct', op: 'write', served: 'direct', n: 17, bytes: 69_632, errors: 0 },
      { file: '/mnt/late/long', op: 'read', served: 'direct', n: 257, bytes: 2 ** 20, errors: 0 },
    ]);
  });

  test('tells who reads from who waits for that, and a write that must read first', () => {
    expect(fileIo(`file IN ('/mnt/late/shared', '/mnt/late/partly')`)).toEqual([
      { file: '/mnt/late/partly', op: 'write', served: 'waited', n: 1, bytes: 7, errors: 0 },
      { file: '/mnt/late/shared', op: 'read', served: 'cached', n: 2, bytes: 0, errors: 0 },
      { file: '/mnt/late/shared', op: 'read', served: 'device', n: 1, bytes: 4096, errors: 0 },
      { file: '/mnt/late/shared', op: 'read', served: 'waited', n: 1, bytes: 4096, errors: 0 },
    ]);
  });

  test('has every open of app1, by file, those that failed and every close', () => {
    expect(
      ask(
        db,
        `SELECT file, op, sum(op_count) AS n, sum(error_count) AS errors FROM open
         WHERE container = 'app1' AND process = 'workload' AND file IN ('/data/opens', '(not opened)') GROUP BY 1, 2`,
      ),
    ).toEqual([
      { file: '(not opened)', op: 'open', n: 89, errors: 89 },
      { file: '/data/opens', op: 'open', n: 83, errors: 0 },
    ]);
    // Each regular file that was opened is closed.
    expect(
      ask(
        db,
        `SELECT sum(op_count) FILTER (WHERE op = 'open' AND error_count = 0)
           - sum(op_count) FILTER (WHERE op = 'close') AS left_open
         FROM open WHERE container = 'app1' AND process = 'workload'`,
      ),
    ).toEqual([{ left_open: 0 }]);
  });

  test('has a disk that takes 20 ms longer for each write', () => {
    const [row] = ask(
      db,
      `SELECT sum(op_count) AS n, sum(latency_ns_sum) / sum(op_count) > 20e6 AS is_slow FROM fsync
       WHERE file = '/mnt/slow/file' AND container IS NULL`,
    );
    expect(row).toEqual({ n: 11, is_slow: 1 });
  });

  // A million chunks of a byte take 8 to 18 s on two idle cores, so the time limit against hanging is not the default.
  test.each([1, 100, 4096, 65_536])(
    'gives the same tables in chunks of %i bytes',
    async (chunkBytes) => {
      expect(tablesOf((await replayChunks(stream, chunkBytes)).db)).toBe(tables);
    },
    120_000,
  );

  test('gives the same tables into a file as into memory, and twice the same', () => {
    expect(tablesOf(replay(stream).db)).toBe(tables);
  });
});

describe.each(STREAMS)('of the stream of %s', (stream) => {
  const lines = linesOf(stream);
  const whole = counts(replay(stream).db);
  const indexesOf = (pattern: RegExp): number[] =>
    lines.flatMap((line, index) => (pattern.test(line) && !line.includes(': {}}') ? [index] : []));

  // Before bpftrace 0.18 operations are counted in a map of their own.
  const countMap = stream.endsWith('-0.17.0') ? 'count' : 'latency';

  test.each(['row', countMap, 'bucket'])(
    'each line of %s that is lost leaves a loss of as many operations',
    (map) => {
      const at = indexesOf(new RegExp(`"@(?:irq_)?${map}_[ab]"`, 'u'));
      expect(at.length).toBeGreaterThan(8);
      for (const index of some(at)) {
        const { stored, bucketed, uncounted, unbucketed } = counts(
          replay(stream, lines.toSpliced(index, 1)).db,
        );
        expect([stored + uncounted, bucketed + unbucketed]).toEqual([whole.stored, whole.bucketed]);
        expect(map === 'bucket' ? unbucketed : uncounted).toBeGreaterThan(0);
      }
    },
  );

  test('a whole interval that is lost leaves a loss of as many operations', () => {
    const starts = indexesOf(/\["flush",/u).slice(0, -1);
    expect(starts.length).toBeGreaterThan(4);
    for (const start of some(starts)) {
      const end = lines.findIndex((line, index) => index > start && line.includes('["flushed",'));
      const { stored, uncounted } = counts(replay(stream, lines.toSpliced(start, end - start + 1)).db);
      expect(stored + uncounted).toBe(whole.stored);
    }
  });

  test.each(['flush', 'flushed'])('each word of ("%s", …) that is lost loses no operation', (word) => {
    const at = indexesOf(new RegExp(`\\["${word}",`, 'u'));
    expect(at.length).toBeGreaterThan(4);
    for (const index of some(at)) {
      expect(counts(replay(stream, lines.toSpliced(index, 1)).db)).toEqual(whole);
    }
  });

  test('a stream that breaks off anywhere leaves all that had arrived', () => {
    for (const cut of some(lines.map((_, index) => index))) {
      const { db, storeFailures } = replay(stream, lines.slice(0, cut));
      expect([storeFailures, counts(db).stored]).toEqual([[], operationsIn(lines.slice(0, cut))]);
    }
  });

  test('a line that is cut anywhere is one loss, and stops nothing', () => {
    const at = lines.flatMap((line, index) => (line.length > 60 ? [index] : []));
    for (const index of some(at)) {
      const line = lines[index]!;
      const cut = lines.with(index, line.slice(0, Math.floor(line.length / 2)));
      const { db } = replay(stream, cut);
      const { stored, uncounted } = counts(db);
      expect(stored + uncounted).toBe(whole.stored);
      expect(ask(db, `SELECT count(*) AS n FROM loss WHERE kind = 'record_rejected'`)).toEqual([{ n: 1 }]);
    }
  });
});

/** A dozen of them, evenly: each is a replay. */
function some(indexes: readonly number[]): number[] {
  const step = Math.ceil(indexes.length / 12);
  return indexes.filter((_, place) => place % step === Math.floor(step / 2));
}

/** Sum of the counts in the printed maps of latencies, or before bpftrace 0.18 of counts. */
function operationsIn(lines: readonly string[]): number {
  const counts = lines.flatMap((line) => {
    if (/"@(?:irq_)?count_[ab]"/u.test(line)) return [...line.matchAll(/"\d+": (\d+)/gu)];
    return line.startsWith('{"type": "stats"') ? [...line.matchAll(/"count": (\d+)/gu)] : [];
  });
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

function counts(db: Db) {
  return db
    .prepare<[], { stored: number; bucketed: number; uncounted: number; unbucketed: number }>(
      `SELECT (SELECT ifnull(sum(op_count), 0) FROM operations) AS stored,
         (SELECT ifnull(sum(op_count), 0) FROM latency) AS bucketed,
         (SELECT ifnull(sum(lost_count), 0) FROM loss WHERE kind = 'operations_uncounted') AS uncounted,
         (SELECT ifnull(sum(lost_count), 0) FROM loss WHERE kind = 'latencies_uncounted') AS unbucketed`,
    )
    .get()!;
}
