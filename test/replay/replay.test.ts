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
  const { db, flushes, storeFailures } = replay(stream);
  const tables = tablesOf(db);

  test('gives the tables that were looked at and found good', async () => {
    await expect(summaryOf(db)).toMatchFileSnapshot(fixturePath(stream, 'golden.txt'));
  });

  test('is whole: everything was stored, nothing was lost', () => {
    expect(storeFailures).toEqual([]);
    expect(ask(db, `SELECT kind, lost_count FROM loss WHERE kind <> 'exemplars_suppressed'`)).toEqual([]);
    expect(flushes.map(({ sequence }) => sequence)).toEqual(flushes.map((_, index) => index + 1));
    expect(ask(db, 'SELECT flush_id FROM ledger WHERE kernel_op_count <> stored_op_count')).toEqual([]);
    expect(ask(db, 'SELECT sum(op_count) AS n FROM latency')).toEqual(
      ask(db, 'SELECT sum(op_count) AS n FROM operations'),
    );
  });

  test('begins each interval where the one before ended', () => {
    const gaps = flushes
      .slice(1)
      .map(({ startedBootUs }, index) => startedBootUs - flushes[index]!.endedBootUs);
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
         WHERE container = 'app1' AND file = '(process memory: direct I/O or swap)' AND process = 'workload' GROUP BY op`,
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

  test('has a disk that takes 20 ms longer for each write', () => {
    const [row] = ask(
      db,
      `SELECT sum(op_count) AS n, sum(latency_ns_sum) / sum(op_count) > 20e6 AS is_slow FROM fsync
       WHERE file = '/mnt/slow/file' AND container IS NULL`,
    );
    expect(row).toEqual({ n: 11, is_slow: 1 });
  });

  test.each([1, 100, 4096, 65_536])('gives the same tables in chunks of %i bytes', async (chunkBytes) => {
    expect(tablesOf((await replayChunks(stream, chunkBytes)).db)).toBe(tables);
  });

  test('gives the same tables into a file as into memory, and twice the same', () => {
    expect(tablesOf(replay(stream).db)).toBe(tables);
  });
});

describe.each(STREAMS)('of the stream of %s', (stream) => {
  const lines = linesOf(stream);
  const whole = counts(replay(stream).db);
  const indexesOf = (pattern: RegExp): number[] =>
    lines.flatMap((line, index) => (pattern.test(line) && !line.includes(': {}}') ? [index] : []));

  test.each(['latency', 'bucket'])(
    'each line of %s that is lost leaves a loss of as many operations',
    (map) => {
      const at = indexesOf(new RegExp(`"@(?:irq_)?${map}_[ab]"`, 'u'));
      expect(at.length).toBeGreaterThan(8);
      for (const index of at) {
        const { stored, bucketed, uncounted, unbucketed } = counts(
          replay(stream, lines.toSpliced(index, 1)).db,
        );
        expect([stored + uncounted, bucketed + unbucketed]).toEqual([whole.stored, whole.bucketed]);
        expect(map === 'latency' ? uncounted : unbucketed).toBeGreaterThan(0);
      }
    },
  );

  test('a whole flush that is lost leaves a loss of as many operations', () => {
    const starts = indexesOf(/\["flush",/u).slice(0, -1);
    expect(starts.length).toBeGreaterThan(4);
    for (const start of starts) {
      const end = lines.findIndex((line, index) => index > start && line.includes('["flushed",'));
      const { stored, uncounted } = counts(replay(stream, lines.toSpliced(start, end - start + 1)).db);
      expect(stored + uncounted).toBe(whole.stored);
    }
  });

  test.each(['flush', 'flushed'])('each word of ("%s", …) that is lost loses no operation', (word) => {
    const at = indexesOf(new RegExp(`\\["${word}",`, 'u'));
    expect(at.length).toBeGreaterThan(4);
    for (const index of at) {
      expect(counts(replay(stream, lines.toSpliced(index, 1)).db)).toEqual(whole);
    }
  });

  test('a stream that breaks off anywhere leaves all that had arrived', () => {
    for (let cut = 1; cut < lines.length; cut += 37) {
      const { db, storeFailures } = replay(stream, lines.slice(0, cut));
      expect([storeFailures, counts(db).stored]).toEqual([[], operationsIn(lines.slice(0, cut))]);
    }
  });

  test('a line that is cut anywhere is one loss, and stops nothing', () => {
    const at = lines.flatMap((line, index) => (line.length > 60 && index % 29 === 0 ? [index] : []));
    for (const index of at) {
      const line = lines[index]!;
      const cut = lines.with(index, line.slice(0, Math.floor(line.length / 2)));
      const { db } = replay(stream, cut);
      const { stored, uncounted } = counts(db);
      expect(stored + uncounted).toBe(whole.stored);
      expect(ask(db, `SELECT count(*) AS n FROM loss WHERE kind = 'record_rejected'`)).toEqual([{ n: 1 }]);
    }
  });
});

/** Sum of the counts in the printed maps of latencies, or before bpftrace 0.18 of counts. */
function operationsIn(lines: readonly string[]): number {
  const counts = lines.flatMap((line) => {
    const pattern = /"@(?:irq_)?latency_[ab]"/u.test(line) ? /"count": (\d+)/gu : /": (\d+)/gu;
    const isCounted = /"@(?:irq_)?(?:latency|count)_[ab]"/u.test(line);
    return isCounted && (line.startsWith('{"type": "stats"') || line.includes('count_'))
      ? [...line.matchAll(pattern)].map(([, count]) => Number(count))
      : [];
  });
  return counts.reduce((sum, count) => sum + count, 0);
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
