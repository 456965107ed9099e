import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyTree, put } from './lookups/trees.ts';
import { BOOTED_US, recording } from './recording.ts';

const VDA = 254 * 2 ** 20;
const FILE = [VDA, 393277, 7] as const;
const KEY = `1,1,5301,561,${FILE.join(',')}`;
const ROOT = [VDA, 2, 0] as const;

/** A host with one disk. */
function host() {
  const roots = emptyTree();
  put(join(roots.proc, 'self/mountinfo'), '48 1 254:0 / /data rw,relatime - ext4 /dev/vda rw\n');
  put(join(roots.sys, 'dev/block/254:0/uevent'), 'DEVNAME=vda\nDEVTYPE=disk\n');
  return roots;
}

type Recording = ReturnType<typeof recording>;

/** What tell-file.bt prints of a file in the root of its file system. */
function tell({ value }: Recording, file: readonly number[], name: string): void {
  value('file', ...file, 0o100644, 1);
  value('name', ...file, ...ROOT, Buffer.byteLength(name), 0, name);
  value('root', ...ROOT);
}

const files = (one: Recording) => one.all('SELECT path, host_path, state FROM file ORDER BY file_key');

describe('a flush', () => {
  test('becomes its interval, what was counted in it, and what it cost', () => {
    const one = recording(host());
    tell(one, FILE, 'file');
    one.value('process', 561, 'postgres');
    one.endInterval([KEY]);
    expect(one.all('SELECT * FROM ledger')).toEqual([
      {
        interval_id: 1,
        session_id: 1,
        started_us: BOOTED_US + 1e6,
        ended_us: BOOTED_US + 2e6,
        kernel_op_count: 1,
        stored_op_count: 1,
        uncounted_count: 0,
        skipped_count: 0,
        suppressed_count: 0,
        exemplars_lost_count: 0,
        rejected_count: 0,
        kernel_cpu_us: null,
        row_count: 2,
        daemon_cpu_us: 1,
        daemon_rss_bytes: 2,
        bpftrace_cpu_us: 3,
        bpftrace_rss_bytes: 4,
        database_bytes: 5,
      },
    ]);
    expect(one.all('SELECT * FROM operations')).toEqual([
      {
        interval_id: 1,
        started_us: BOOTED_US + 1e6,
        ended_us: BOOTED_US + 2e6,
        container: null,
        pod: null,
        namespace: null,
        image: null,
        cgroup_path: null,
        process: 'postgres',
        pid: 561,
        file: '/data/file',
        host_path: '/data/file',
        class: 'other',
        place: 'host',
        device: 'vda',
        op: 'fsync',
        variant: 'fsync',
        op_count: 1,
        error_count: 0,
        size_bytes_sum: 0,
        latency_ns_sum: 1000,
        latency_ns_max: 1000,
        inner_latency_ns_sum: 0,
      },
    ]);
    expect(one.all('SELECT bucket, latency_ns_lower, latency_ns_upper, op_count FROM latency')).toEqual([
      { bucket: 156, latency_ns_lower: 896, latency_ns_upper: 1024, op_count: 1 },
    ]);
    expect([one.events.failures, one.all('SELECT * FROM loss')]).toEqual([[], []]);
  });

  test('in which nothing happened is an interval of zeros', () => {
    const one = recording();
    one.endInterval();
    expect(one.all('SELECT kernel_op_count, stored_op_count, row_count FROM ledger')).toEqual([
      { kernel_op_count: 0, stored_op_count: 0, row_count: 0 },
    ]);
  });

  test('is told to the daemon, like the beginning, once each', () => {
    const one = recording();
    one.value('ready', 1);
    one.endInterval();
    one.endInterval();
    expect([one.events.ready, one.events.intervals.map(({ sequence }) => sequence)]).toEqual([1, [1, 2]]);
  });

  test('shows when the daemon was last alive', () => {
    const one = recording();
    const before = Date.now() * 1000;
    one.endInterval();
    const [row] = one.all('SELECT alive_us FROM session_record');
    expect(Number(row?.['alive_us'])).toBeGreaterThanOrEqual(before);
  });

  test('whose counts never reach what the kernel counted is a loss, by operation', () => {
    const one = recording();
    one.value('flush', 1, 0, 1e6);
    one.print('map', '@row_a', { [`7,${KEY}`]: 1 });
    one.print('stats', '@latency_a', { 7: { count: 3, average: 1, total: 3 } });
    one.print('map', '@bucket_a', { '1,1,5301,266338304,0': 2 });
    one.print('map', '@ops_a', { 1: 5, 2: 1 });
    one.value('flushed', 1);
    expect(one.all('SELECT * FROM loss')).toEqual([]);
    one.recorder.finish();
    expect(one.all('SELECT kind, op, lost_count, detail FROM loss')).toEqual(
      [
        ['operations_uncounted', 'fsync', 2, 'missing from the totals'],
        ['latencies_uncounted', 'fsync', 3, 'missing from the percentiles'],
        ['operations_uncounted', 'copy_up', 1, 'missing from the totals'],
        ['latencies_uncounted', 'copy_up', 1, 'missing from the percentiles'],
      ].map(([kind, op, lost_count, detail]) => ({ kind, op, lost_count, detail })),
    );
  });
});

describe('names', () => {
  test('that arrive after the totals are written to the rows that lacked them', () => {
    const one = recording(host());
    one.endInterval([KEY]);
    expect(files(one)).toEqual([
      { path: '(inode 393277, name not known)', host_path: null, state: 'unknown' },
    ]);
    tell(one, FILE, 'file');
    one.endInterval();
    expect(files(one)).toEqual([{ path: '/data/file', host_path: '/data/file', state: 'known' }]);
    expect(one.all('SELECT interval_id, file FROM operations')).toEqual([
      { interval_id: 1, file: '/data/file' },
    ]);
  });

  test('that never arrive leave the inode’s number, however many intervals follow', () => {
    const one = recording(host());
    one.endInterval([KEY]);
    one.endInterval();
    one.endInterval([KEY]);
    expect(files(one)).toEqual([
      { path: '(inode 393277, name not known)', host_path: null, state: 'unknown' },
    ]);
  });

  test('of processes that arrive late belong to the operations before', () => {
    const one = recording();
    one.endInterval([KEY]);
    one.value('process', 561, 'postgres');
    one.endInterval([KEY]);
    expect(one.all('SELECT interval_id, process, pid FROM operations')).toEqual([
      { interval_id: 1, process: 'postgres', pid: 561 },
      { interval_id: 2, process: 'postgres', pid: 561 },
    ]);
  });

  test('of processes that exec changes are those of the time', () => {
    const one = recording();
    one.value('process', 561, 'sh');
    one.endInterval([KEY]);
    one.value('process', 561, 'postgres');
    one.endInterval([KEY]);
    expect(one.all('SELECT interval_id, process FROM operations')).toEqual([
      { interval_id: 1, process: 'sh' },
      { interval_id: 2, process: 'postgres' },
    ]);
  });

  test.each([
    `'; DROP TABLE file; --`,
    `quote"`,
    'back\\slash',
    'new\nline',
    'tab\t',
    'soh\u0001',
    'del\u007f',
    '","',
    '}]}\n{"type":"map"',
    '…',
    '%s%n',
  ])('may be anything: %j', (name) => {
    const one = recording(host());
    // Bytes beyond ASCII come escaped.
    const escaped = [...Buffer.from(name)]
      .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\uffffff${byte.toString(16)}`))
      .join('');
    one.value('file', ...FILE, 0o100644, 1);
    one.value('name', ...FILE, ...ROOT, Buffer.byteLength(name), 0, escaped);
    one.value('root', ...ROOT);
    one.value('process', 561, escaped);
    one.value('slow', 1, 1, 7, 5301, 561, 562, escaped, ...FILE, 0, 2e7, 0, 0);
    one.endInterval([KEY]);
    expect(one.all('SELECT file, process FROM operations')).toEqual([
      { file: `/data/${name}`, process: name },
    ]);
    expect(one.all('SELECT file, thread FROM slow')).toEqual([{ file: `/data/${name}`, thread: name }]);
    expect(one.all('SELECT * FROM loss')).toEqual([]);
  });

  test('of inodes beyond 2^63 are found, as each bpftrace prints them', () => {
    const asOld = recording(host());
    asOld.recorder.line(`{"type": "value", "data": ["file",${String(VDA)},9223372036854775809,7,33188,1]}`);
    asOld.recorder.line(
      `{"type": "value", "data": ["name",${String(VDA)},9223372036854775809,7,${ROOT.join(',')},4,0,"file"]}`,
    );
    asOld.value('root', ...ROOT);
    asOld.endInterval([`1,1,5301,561,${String(VDA)},-9223372036854775807,7`]);
    const asNew = recording(host());
    asNew.value('file', VDA, '9223372036854775809', 7, 33188, 1);
    asNew.value('name', VDA, '9223372036854775809', 7, ...ROOT, 4, 0, 'file');
    asNew.value('root', ...ROOT);
    asNew.endInterval([`1,1,5301,561,${String(VDA)},9223372036854775809,7`]);
    for (const one of [asOld, asNew]) {
      expect([one.events.failures, one.all('SELECT file, op_count FROM operations')]).toEqual([
        [],
        [{ file: '/data/file', op_count: 1 }],
      ]);
      expect(one.db.prepare('SELECT inode FROM file').safeIntegers().get()).toEqual({ inode: -(2n ** 63n) });
    }
  });

  test('of two inodes that a double can’t tell apart are one row, which has the sum', () => {
    const one = recording(host());
    one.endInterval([
      `1,1,5301,561,${String(VDA)},9007199254740992,7`,
      `1,1,5301,561,${String(VDA)},9007199254740993,7`,
    ]);
    expect([
      one.events.failures,
      one.all('SELECT op_count, latency_ns_sum, latency_ns_max FROM operations'),
    ]).toEqual([[], [{ op_count: 2, latency_ns_sum: 2000, latency_ns_max: 1000 }]]);
  });

  test('that the kernel does not tell are looked for in what the process has open', () => {
    const roots = host();
    put(join(roots.proc, '561/fdinfo/3'), 'pos:\t0\nflags:\t02\nmnt_id:\t48\nino:\t393277\n');
    put(join(roots.proc, '561/mountinfo'), '48 1 254:0 / /data rw,relatime - ext4 /dev/vda rw\n');
    mkdirSync(join(roots.proc, '561/fd'));
    symlinkSync('/data/db/wal', join(roots.proc, '561/fd/3'));
    const one = recording(roots);
    one.value('inode', VDA, 393277, 561);
    one.endInterval([`1,4,5301,561,${String(VDA)},393277,0`]);
    expect(one.all('SELECT file FROM operations')).toEqual([{ file: '/data/db/wal' }]);
  });
});

describe('cgroups', () => {
  const path = `/kubepods/burstable/pod123/${'b'.repeat(64)}/deeper`;
  const pieces = (text: string): [number, string][] =>
    [0, 61, 122, 183, 244, 305].map((offset) => [offset, text.slice(offset, offset + 63)]);

  test('are named at birth, in pieces, what lies behind the end left out', () => {
    const one = recording();
    for (const [offset, piece] of pieces(path)) one.value('cgroup', 5301, offset, piece);
    one.value('cgroup', 5301, 122, 'whatever lies behind it');
    one.endInterval([KEY]);
    expect(one.all('SELECT cgroup_path, container FROM operations')).toEqual([
      { cgroup_path: path, container: 'b'.repeat(12) },
    ]);
  });

  test.each([60, 61, 62, 121, 122, 123])('of a path of %i bytes are whole', (length) => {
    const one = recording();
    const long = `/${'x'.repeat(length - 1)}`;
    for (const [offset, piece] of pieces(long)) one.value('cgroup', 5301, offset, piece);
    one.endInterval([KEY]);
    expect(one.all('SELECT cgroup_path FROM operations')).toEqual([{ cgroup_path: long }]);
  });

  test('that are told late have their name, and their container, from the first operation on', () => {
    const one = recording();
    one.endInterval([KEY]);
    for (const [offset, piece] of pieces(path)) one.value('cgroup', 5301, offset, piece);
    one.endInterval([KEY]);
    expect(one.all('SELECT interval_id, cgroup_path, container FROM operations')).toEqual([
      { interval_id: 1, cgroup_path: path, container: 'b'.repeat(12) },
      { interval_id: 2, cgroup_path: path, container: 'b'.repeat(12) },
    ]);
  });

  test('whose first piece was lost, or is no path, have no name', () => {
    const one = recording();
    one.value('cgroup', 5301, 61, '/not/the/beginning');
    one.value('cgroup', 5301, 0, 'garbage, as 0.23 reads it');
    one.endInterval([KEY]);
    expect(one.all('SELECT cgroup_path FROM operations')).toEqual([{ cgroup_path: null }]);
  });
});

describe('exemplars', () => {
  test('are stored with the interval they came before', () => {
    const one = recording(host());
    tell(one, FILE, 'file');
    one.value('process', 561, 'postgres');
    one.value('slow', 1, 2, 1_500_000, 5301, 561, 562, 'checkpointer', ...FILE, 4096, 2e7, 1.9e7, 5);
    expect(one.all('SELECT * FROM slow')).toEqual([]);
    one.endInterval();
    expect(one.all('SELECT * FROM slow')).toEqual([
      {
        exemplar_id: 1,
        ended_us: BOOTED_US + 1_500_000,
        container: null,
        pod: null,
        namespace: null,
        cgroup_path: null,
        process: 'postgres',
        pid: 561,
        thread: 'checkpointer',
        tid: 562,
        file: '/data/file',
        host_path: '/data/file',
        class: 'other',
        place: 'host',
        device: 'vda',
        op: 'fsync',
        variant: 'fdatasync',
        size_bytes: 4096,
        latency_ns: 2e7,
        inner_latency_ns: 1.9e7,
        error: 5,
      },
    ]);
  });

  test('that the budget kept out are a loss of their own', () => {
    const one = recording();
    one.endInterval([], () => {
      one.print('map', '@suppressed', { '1': 7, '5': 2 });
    });
    expect(one.all('SELECT kind, op, lost_count FROM loss')).toEqual([
      { kind: 'exemplars_suppressed', op: 'fsync', lost_count: 7 },
      { kind: 'exemplars_suppressed', op: 'block_write', lost_count: 2 },
    ]);
  });
});

describe('what is wrong', () => {
  test('a line that makes no sense is a loss with its beginning, and the rest goes on', () => {
    const one = recording();
    one.recorder.line('Attaching 2 probes...');
    one.value('nonsense', 1);
    one.recorder.line('x'.repeat(1000));
    one.endInterval([KEY]);
    expect(one.all('SELECT kind, lost_count, detail FROM loss')).toEqual([
      { kind: 'record_rejected', lost_count: 1, detail: 'Attaching 2 probes...' },
      { kind: 'record_rejected', lost_count: 1, detail: '["nonsense",1]' },
      { kind: 'record_rejected', lost_count: 1, detail: 'x'.repeat(200) },
    ]);
    expect(one.all('SELECT op_count FROM operations')).toEqual([{ op_count: 1 }]);
  });

  test('records bpftrace lost, and programs the kernel skipped, are losses', () => {
    const one = recording();
    one.recorder.line('{"type": "lost_events", "data": {"events": 1142}}');
    one.recorder.noteLoss('programs_skipped', 31, 'a probe was entered while it ran on the same CPU');
    one.endInterval();
    expect(one.all('SELECT kind, op, lost_count, detail FROM loss')).toEqual([
      { kind: 'records_lost', op: null, lost_count: 1142, detail: null },
      {
        kind: 'programs_skipped',
        op: null,
        lost_count: 31,
        detail: 'a probe was entered while it ran on the same CPU',
      },
    ]);
  });

  test('blank lines and notes are nothing', () => {
    const one = recording();
    one.recorder.line('');
    one.recorder.line('{"type": "attached_probes", "data": {"probes": 22}}');
    one.recorder.line('{"type": "printf", "data": "x"}');
    one.endInterval();
    expect(one.all('SELECT * FROM loss')).toEqual([]);
  });

  test('what bpftrace prints when it ends is the last interval', () => {
    const one = recording();
    one.endInterval([KEY]);
    one.value('flush', 2, 2e6, 2_400_000);
    one.print('map', '@bucket_b', { '1,1,5301,266338304,79': 9 });
    one.print('map', '@epoch', { '': 1 });
    one.print('map', '@row_b', { [`7,${KEY}`]: 1 });
    one.print('stats', '@latency_b', { 7: { count: 9, average: 1, total: 9 } });
    one.print('map', '@ops_a', { 1: 1 });
    one.print('map', '@ops_b', { 1: 9 });
    expect(one.recorder.finish().isStored).toBe(true);
    expect(one.all('SELECT interval_id, op_count FROM operations')).toEqual([
      { interval_id: 1, op_count: 1 },
      { interval_id: 2, op_count: 9 },
    ]);
    expect(one.all('SELECT ended_us - started_us AS us, kernel_op_count AS n FROM ledger')).toEqual([
      { us: 1e6, n: 1 },
      { us: 400_000, n: 9 },
    ]);
    expect(one.all('SELECT * FROM loss')).toEqual([]);
    expect(one.events.intervals.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  test('what other CPUs sent may come after the last flush: it is stored, in an interval without length', () => {
    const one = recording();
    one.endInterval([KEY]);
    one.value('slow', 1, 1, 1_500_000, 5301, 561, 562, 'late', ...FILE, 0, 2e7, 0, 0);
    one.recorder.line('{"type": "lost_events", "data": {"events": 3}}');
    expect(one.recorder.finish().isStored).toBe(true);
    expect(one.all('SELECT thread FROM slow')).toEqual([{ thread: 'late' }]);
    expect(one.all('SELECT kind, lost_count FROM loss')).toEqual([{ kind: 'records_lost', lost_count: 3 }]);
    expect(one.all('SELECT ended_us - started_us AS us, kernel_op_count AS n FROM ledger')).toEqual([
      { us: 1e6, n: 1 },
      { us: 0, n: 0 },
    ]);
  });

  test('that the program is ready to end is passed on', () => {
    const one = recording();
    one.value('ending', 1_000_000);
    expect(one.events.readyToEnd).toBe(1);
  });

  test('a recording whose end did not come is not whole', () => {
    const one = recording();
    one.endInterval([KEY]);
    expect(one.recorder.finish().isWhole).toBe(false);
    one.value('flush', 2, 1_000_000, 2_000_000);
    expect(one.recorder.finish().isWhole).toBe(true);
  });

  test('a recording in which nothing was flushed has nothing to finish', () => {
    const one = recording();
    expect(one.recorder.finish().isStored).toBe(true);
    expect(one.all('SELECT * FROM ledger')).toEqual([]);
  });
});

describe('a row that can’t be stored', () => {
  // Beyond 2^63 no INTEGER holds it.
  const poison = (one: Recording): void => {
    one.endInterval([KEY], () => {
      one.print('map', '@bytes_a', { 0: 1e19 });
    });
  };

  test('takes its interval along, and leaves a loss in the next', () => {
    const one = recording();
    poison(one);
    expect(one.events.failures).toEqual(['cannot store REAL value in INTEGER column total.size_bytes_sum']);
    expect(one.all('SELECT count(*) AS n FROM interval')).toEqual([{ n: 0 }]);
    one.endInterval([KEY]);
    one.endInterval([KEY]);
    expect(one.all('SELECT kernel_op_count, stored_op_count FROM ledger')).toEqual([
      { kernel_op_count: 0, stored_op_count: 0 },
      { kernel_op_count: 1, stored_op_count: 1 },
      { kernel_op_count: 1, stored_op_count: 1 },
    ]);
    expect(one.all('SELECT kind, op, lost_count, detail FROM loss')).toEqual([
      {
        kind: 'operations_uncounted',
        op: 'fsync',
        lost_count: 1,
        detail: 'cannot store REAL value in INTEGER column total.size_bytes_sum',
      },
    ]);
    expect(one.events.failures.length).toBe(1);
  });

  test('does not keep the losses it would have told from being told', () => {
    const one = recording();
    one.recorder.noteLoss('records_lost', 5, 'before');
    poison(one);
    expect(one.recorder.finish().isStored).toBe(true);
    expect(one.all('SELECT kind, lost_count FROM loss')).toEqual([
      { kind: 'records_lost', lost_count: 5 },
      { kind: 'operations_uncounted', lost_count: 1 },
    ]);
  });
});

describe('a full disk', () => {
  const pages = (one: Recording, count: number): void => {
    one.db.pragma(`max_page_count = ${String(count)}`);
  };
  const used = (one: Recording): number => Number(one.db.pragma('page_count', { simple: true }));
  /** Enough keys that they need a page of their own. */
  const many = (from: number): string[] =>
    Array.from({ length: 200 }, (_, at) => `1,1,${String(from + at)},561,${FILE.join(',')}`);

  test('keeps everything in memory, and all of it is stored once there is room', () => {
    const one = recording(host());
    one.endInterval([KEY]);
    pages(one, used(one));
    tell(one, FILE, 'file');
    one.endInterval(many(10_000));
    one.endInterval(many(20_000));
    expect(one.events.failures).toEqual(['database or disk is full', 'database or disk is full']);
    expect(one.all('SELECT sum(op_count) AS n FROM operations')).toEqual([{ n: 1 }]);
    expect(one.recorder.finish().isStored).toBe(false);
    pages(one, 1_000_000);
    expect(one.recorder.finish().isStored).toBe(true);
    expect(one.all('SELECT kernel_op_count, stored_op_count FROM ledger')).toEqual([
      { kernel_op_count: 1, stored_op_count: 1 },
      { kernel_op_count: 200, stored_op_count: 200 },
      { kernel_op_count: 200, stored_op_count: 200 },
    ]);
    expect(one.all('SELECT DISTINCT file, process, pid FROM operations')).toEqual([
      { file: '/data/file', process: null, pid: 561 },
    ]);
    expect(one.all('SELECT * FROM loss')).toEqual([]);
  });

  test('for longer than 120 intervals costs the oldest, and says so', () => {
    const one = recording();
    one.endInterval([KEY]);
    pages(one, used(one));
    for (let at = 0; at < 122; at += 1) one.endInterval(many(10_000 + at * 1000));
    pages(one, 1_000_000);
    expect(one.recorder.finish().isStored).toBe(true);
    expect(
      one.all('SELECT kind, op, sum(lost_count) AS lost_count, detail FROM loss GROUP BY 1, 2, 4'),
    ).toEqual([
      { kind: 'operations_uncounted', op: 'fsync', lost_count: 400, detail: 'database or disk is full' },
    ]);
    expect(one.all('SELECT count(*) AS intervals, sum(stored_op_count) AS n FROM ledger')).toEqual([
      { intervals: 121, n: 1 + 120 * 200 },
    ]);
  });
});
