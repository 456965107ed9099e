import { describe, expect, test } from 'vitest';
import { readLine } from '../../../src/daemon/stream/envelope.ts';
import { createBalance } from '../../../src/daemon/stream/loss.ts';
import { createIntervalReader, FILES_BEYOND } from '../../../src/daemon/stream/totals.ts';
import type { Interval } from '../../../src/daemon/stream/totals.ts';

type Reader = ReturnType<typeof createIntervalReader>;

/** Feeds lines as bpftrace prints them. */
function print(reader: Reader, ...lines: readonly string[]): void {
  for (const line of lines) {
    const message = readLine(line);
    if (message === undefined || 'rejected' in message) throw new Error(`not a message: ${line}`);
    if (message.type !== 'map' && message.type !== 'stats') throw new Error(`not a map: ${line}`);
    reader.add(message);
  }
}

const ops = (set: 'a' | 'b', counts: Record<string, number>): string =>
  JSON.stringify({ type: 'map', data: { [`@ops_${set}`]: counts } });
const suppressed = (counts: Record<string, number>): string =>
  JSON.stringify({ type: 'map', data: { '@suppressed': counts } });
const map = (name: string, entries: Record<string, number>): string =>
  JSON.stringify({ type: 'map', data: { [name]: entries } });
const stats = (name: string, entries: Record<string, readonly [count: number, total: number]>): string =>
  JSON.stringify({
    type: 'stats',
    data: {
      [name]: Object.fromEntries(
        Object.entries(entries).map(([key, [count, total]]) => [
          key,
          { count, average: Math.floor(total / count), total },
        ]),
      ),
    },
  });

/** What the numbers of rows stand for, as row.bt tells it. */
const rows = (name: string, meanings: Record<string, string>): string =>
  map(name, Object.fromEntries(Object.entries(meanings).map(([row, key]) => [`${row},${key}`, 1])));

const header = (sequence: number) =>
  ({
    type: 'flush',
    sequence,
    startedBootUs: sequence * 100,
    endedBootUs: sequence * 100 + 100,
  }) as const;

/** One interval from beginning to end. */
function interval(reader: Reader, sequence: number, ...lines: readonly string[]): Interval | undefined {
  reader.begin(header(sequence));
  print(reader, ...lines);
  return reader.end(sequence);
}

const KEY = '1,2,5301,561,266338304,393277,233006513';
const BLOCK = '5,0,1,58,266338304,0,1';
/** Numbers that were drawn for them. */
const ROW = '2048002';
const BLOCK_ROW = '4096001';
const ROW_A = rows('@row_a', { [ROW]: KEY });
const ROW_B = rows('@row_b', { [ROW]: KEY });
const FILE = { dev: 266338304, ino: 393277, hash: 233006513 };

test('the maps of one interval become one total per key, and buckets', () => {
  const reader = createIntervalReader();
  const read = interval(
    reader,
    7,
    rows('@row_a', { [ROW]: KEY, [BLOCK_ROW]: BLOCK }),
    stats('@latency_a', { [ROW]: [3, 600], [BLOCK_ROW]: [2, 90] }),
    map('@max_a', { [ROW]: 300, [BLOCK_ROW]: 50 }),
    map('@bucket_a', { '1,2,5301,266338304,65': 3, '5,0,1,266338304,43': 2 }),
    map('@bytes_a', { [BLOCK_ROW]: 8192 }),
    map('@inner_a', { [ROW]: 550 }),
    map('@errors_a', { [ROW]: 1 }),
    ops('a', { 1: 3, 5: 2 }),
  );
  expect(read).toEqual({
    sequence: 7,
    startedBootUs: 700,
    endedBootUs: 800,
    totals: [
      {
        opId: 1,
        variant: 2,
        cgroupId: 5301,
        pid: 561,
        file: FILE,
        opCount: 3,
        errorCount: 1,
        sizeBytes: 0,
        latencyNs: 600,
        latencyNsMax: 300,
        innerNs: 550,
      },
      {
        opId: 5,
        variant: 0,
        cgroupId: 1,
        pid: 58,
        file: { dev: 266338304, ino: 0, hash: 1 },
        opCount: 2,
        errorCount: 0,
        sizeBytes: 8192,
        latencyNs: 90,
        latencyNsMax: 50,
        innerNs: 0,
      },
    ],
    buckets: [
      { opId: 1, variant: 2, cgroupId: 5301, dev: 266338304, bucket: 65, opCount: 3 },
      { opId: 5, variant: 0, cgroupId: 1, dev: 266338304, bucket: 43, opCount: 2 },
    ],
    kernelOps: new Map([
      [1, 3],
      [5, 2],
    ]),
    suppressed: new Map(),
    refusedCount: 0,
    sent: new Map(),
  });
});

describe('the rest, which bpftrace prints when it ends, of both sets', () => {
  const rest = (reader: Reader): Interval | undefined => {
    print(
      reader,
      map('@bucket_a', { '1,2,5301,266338304,65': 3 }),
      map('@bucket_b', { '1,2,5301,266338304,65': 4, '1,2,5301,266338304,66': 1 }),
      map('@bytes_a', { [ROW]: 10 }),
      map('@bytes_b', { [ROW]: 32 }),
      map('@epoch', { '': 1 }),
      map('@errors_a', { [ROW]: 1 }),
      map('@inner_b', { [ROW]: 800 }),
      rows('@irq_row_a', { [BLOCK_ROW]: BLOCK }),
      map('@irq_bytes_a', { [BLOCK_ROW]: 4096 }),
      stats('@irq_latency_a', { [BLOCK_ROW]: [1, 45] }),
      stats('@latency_a', { [ROW]: [3, 600] }),
      stats('@latency_b', { [ROW]: [5, 900] }),
      map('@max_a', { [ROW]: 300 }),
      map('@max_b', { [ROW]: 250 }),
      map('@number_a', { [KEY]: Number(ROW) }),
      map('@number_b', { [KEY]: Number(ROW) }),
      ROW_A,
      ROW_B,
      map('@rows_a', { '': 1 }),
      ops('a', { 1: 3, 5: 1 }),
      ops('b', { 1: 5 }),
      map('@sync_start', { '18446612687018950656': 5 }),
    );
    return reader.rest(900);
  };
  const ended = (): Reader => {
    const reader = createIntervalReader();
    reader.begin(header(3));
    return reader;
  };

  test('adds up what both have of a key, and takes the longest of either', () => {
    expect(rest(ended())?.totals.find(({ opId }) => opId === 1)).toEqual({
      opId: 1,
      variant: 2,
      cgroupId: 5301,
      pid: 561,
      file: FILE,
      opCount: 8,
      errorCount: 1,
      sizeBytes: 42,
      latencyNs: 1500,
      latencyNsMax: 300,
      innerNs: 800,
    });
  });

  test('adds up the buckets, and has what was counted in interrupts', () => {
    const read = rest(ended());
    expect(read?.buckets.map(({ bucket, opCount }) => [bucket, opCount])).toEqual([
      [65, 7],
      [66, 1],
    ]);
    expect(read?.totals.find(({ opId }) => opId === 5)).toMatchObject({ opCount: 1, sizeBytes: 4096 });
  });

  test('is held against what the kernel counted in both', () => {
    expect(rest(ended())?.kernelOps).toEqual(
      new Map([
        [1, 8],
        [5, 1],
      ]),
    );
  });

  test('is in the interval that END told', () => {
    const { sequence, startedBootUs, endedBootUs } = rest(ended())!;
    expect([sequence, startedBootUs, endedBootUs]).toEqual([3, 300, 400]);
  });

  test('has also what a turn of the maps left that was not printed any more', () => {
    const reader = createIntervalReader();
    interval(reader, 1);
    // END tells the last turn: of the maps that were about to be printed, the time before it is as well.
    reader.begin({ ...header(3), startedBootUs: 290 });
    expect([rest(reader)?.startedBootUs, header(1).endedBootUs]).toEqual([200, 200]);
  });

  test('is in the time since the last interval where END’s word was lost', () => {
    const reader = createIntervalReader();
    interval(reader, 1, ROW_A, stats('@latency_a', { [ROW]: [3, 600] }), ops('a', { 1: 3 }));
    const read = rest(reader)!;
    expect([read.sequence, read.startedBootUs, read.endedBootUs]).toEqual([2, 200, 900]);
    expect(read.totals.length).toBe(2);
  });

  test('is nothing when nothing came after the last flush', () => {
    const reader = createIntervalReader();
    interval(reader, 1, ROW_A, stats('@latency_a', { [ROW]: [3, 600] }), ops('a', { 1: 3 }));
    print(reader, ops('a', { 1: 3 }), ops('b', {}));
    expect(reader.rest(900)).toBeUndefined();
  });
});

describe('what the kernel counted', () => {
  test('is the growth of the printed set alone: the other is being written', () => {
    const reader = createIntervalReader();
    const counted = [
      interval(reader, 1, ops('a', { 1: 3 })),
      interval(reader, 2, ops('b', { 1: 6, 2: 2 })),
      interval(reader, 3, ops('a', { 1: 9 })),
    ].map((read) => read?.kernelOps);
    expect(counted).toEqual([
      new Map([[1, 3]]),
      new Map([
        [1, 6],
        [2, 2],
      ]),
      new Map([[1, 6]]),
    ]);
  });

  test('includes what a lost interval counted: the next of the same set is short of it', () => {
    const reader = createIntervalReader();
    interval(reader, 1, ROW_A, stats('@latency_a', { [ROW]: [3, 600] }), ops('a', { 1: 3 }));
    interval(reader, 2, ROW_B, stats('@latency_b', { [ROW]: [1, 10] }), ops('b', { 1: 1 }));
    // Interval 3, of set a, did not arrive: 4 operations.
    interval(reader, 4, ROW_B, stats('@latency_b', { [ROW]: [2, 10] }), ops('b', { 1: 3 }));
    const read = interval(reader, 5, ROW_A, stats('@latency_a', { [ROW]: [5, 600] }), ops('a', { 1: 12 }));
    expect([read?.kernelOps, read?.totals[0]?.opCount]).toEqual([new Map([[1, 9]]), 5]);
  });

  test('is known in the end, whichever messages were lost on the way', () => {
    const reader = createIntervalReader();
    interval(reader, 1, ROW_A, stats('@latency_a', { [ROW]: [3, 600] }), ops('a', { 1: 3 }));
    reader.begin(header(4));
    print(reader, ROW_A, stats('@latency_a', { [ROW]: [1, 6] }), ops('a', { 1: 8 }), ops('b', { 1: 7 }));
    const end = reader.rest(900);
    expect([end?.kernelOps, end?.totals[0]?.opCount]).toEqual([new Map([[1, 12]]), 1]);
  });
});

describe('suppressed exemplars', () => {
  test('are the growth since the last interval, by operation', () => {
    const reader = createIntervalReader();
    const counted = [
      interval(reader, 1, suppressed({ '1': 5 })),
      interval(reader, 2, suppressed({ '1': 5, '2': 4 })),
      interval(reader, 3, suppressed({ '1': 12, '2': 4 })),
    ].map((read) => read?.suppressed);
    expect(counted).toEqual([new Map([[1, 5]]), new Map([[2, 4]]), new Map([[1, 7]])]);
  });

  test('are none when the map was not printed', () => {
    const reader = createIntervalReader();
    interval(reader, 1, suppressed({ '1': 5 }));
    expect(interval(reader, 2)?.suppressed).toEqual(new Map());
    expect(interval(reader, 3, suppressed({ '1': 6 }))?.suppressed).toEqual(new Map([[1, 1]]));
  });
});

describe('exemplars sent', () => {
  test('are counted since the start', () => {
    const reader = createIntervalReader();
    const counted = [
      interval(reader, 1, map('@sent', { '1': 5 })),
      interval(reader, 2, map('@sent', { '1': 9, '2': 1 })),
      interval(reader, 3),
    ].map((read) => read?.sent);
    const both = new Map([
      [1, 9],
      [2, 1],
    ]);
    expect(counted).toEqual([new Map([[1, 5]]), both, both]);
  });
});

describe('what was lost on the way', () => {
  const some = [ROW_A, stats('@latency_a', { [ROW]: [3, 600] })] as const;
  const others = [ROW_B, stats('@latency_b', { [ROW]: [2, 50] })] as const;
  const countOf = (read: Interval | undefined) => read?.totals.map(({ opCount }) => opCount);

  test('the word that an interval begins: its maps are in the next', () => {
    const reader = createIntervalReader();
    print(reader, ...some, ops('a', { 1: 3 }));
    expect(reader.end(1)).toBeUndefined();
    expect(countOf(interval(reader, 2, ...others, ops('b', { 1: 2 })))).toEqual([5]);
  });

  test('the word that it ended: its maps are in the next', () => {
    const reader = createIntervalReader();
    reader.begin(header(1));
    print(reader, ...some, ops('a', { 1: 3 }));
    const next = interval(reader, 2, ...others, ops('b', { 1: 2 }));
    expect([countOf(next), next?.kernelOps]).toEqual([[5], new Map([[1, 5]])]);
  });

  test('the end of another interval does not end this one', () => {
    const reader = createIntervalReader();
    reader.begin(header(4));
    print(reader, ...some);
    expect(reader.end(3)).toBeUndefined();
    expect(countOf(reader.end(4))).toEqual([3]);
  });

  test('an interval ends once', () => {
    const reader = createIntervalReader();
    interval(reader, 2);
    expect(reader.end(2)).toBeUndefined();
  });
});

test('an interval in which nothing happened has nothing', () => {
  expect(interval(createIntervalReader(), 1)).toEqual({
    sequence: 1,
    startedBootUs: 100,
    endedBootUs: 200,
    totals: [],
    buckets: [],
    kernelOps: new Map(),
    suppressed: new Map(),
    refusedCount: 0,
    sent: new Map(),
  });
});

test('keys of too few numbers are left out', () => {
  const read = interval(
    createIntervalReader(),
    1,
    rows('@row_a', { '9': '1,2,3', [ROW]: KEY }),
    stats('@latency_a', { '9': [1, 1], [ROW]: [2, 2] }),
    map('@bucket_a', { '1,2': 1, '1,2,5301,266338304,65': 2 }),
  );
  expect([read?.totals.length, read?.buckets.length]).toEqual([1, 1]);
});

// The same map printed by each of these bpftraces, whose key held 2^63 + 1.
test.each([
  ['0.17.0', '1,0,1,7,42,-9223372036854775807,5'],
  ['0.23.2', '1,0,1,7,42,-9223372036854775807,5'],
  ['0.27.1', '1,0,1,7,42,9223372036854775809,5'],
])('an inode number beyond 2^63 in a key is the same from bpftrace %s', (_, key) => {
  const told = rows('@row_a', { [ROW]: key });
  const read = interval(createIntervalReader(), 1, told, stats('@latency_a', { [ROW]: [1, 5] }));
  expect(read?.totals[0]?.file).toEqual({ dev: 42, ino: 2 ** 63, hash: 5 });
});

describe('rows', () => {
  const counted = (read: Interval | undefined) =>
    read?.totals.map(({ opId, pid, file, opCount, latencyNs }) => [opId, pid, file.hash, opCount, latencyNs]);

  test('that two CPUs drew for the same are one total', () => {
    const read = interval(
      createIntervalReader(),
      1,
      rows('@row_a', { [ROW]: KEY, '2048003': KEY }),
      stats('@latency_a', { [ROW]: [3, 600], '2048003': [1, 70] }),
      map('@max_a', { [ROW]: 300, '2048003': 70 }),
      map('@bytes_a', { '2048003': 10 }),
    );
    expect(read?.totals).toMatchObject([
      { pid: 561, file: FILE, opCount: 4, latencyNs: 670, latencyNsMax: 300, sizeBytes: 10 },
    ]);
  });

  test('whose number is told by two maps before bpftrace 0.18 are the same', () => {
    const read = interval(
      createIntervalReader(),
      1,
      ROW_A,
      map('@count_a', { [ROW]: 3 }),
      map('@latency_a', { [ROW]: 600 }),
    );
    expect(counted(read)).toEqual([[1, 561, FILE.hash, 3, 600]]);
  });

  test('beyond the bound keep operation, variant and cgroup, and say that the rest is not known', () => {
    // bpf/common/row.bt: 4503599627370496 + ($op << 40) + ($variant << 36) + $cgroup
    const beyond = 4503599627370496n + (8n << 40n) + (3n << 36n) + 5301n;
    const read = interval(
      createIntervalReader(),
      1,
      ROW_A,
      stats('@latency_a', { [ROW]: [3, 600], [String(beyond)]: [1009, 5000] }),
    );
    expect(read?.totals[1]).toMatchObject({
      opId: 8,
      variant: 3,
      cgroupId: 5301,
      pid: 0,
      file: FILES_BEYOND,
      opCount: 1009,
      latencyNs: 5000,
    });
  });

  test.each([
    [1, 0, 1],
    [11, 15, 1],
    [39, 9, 2 ** 36 - 1],
  ])('beyond the bound of operation %i, variant %i, cgroup %i are told apart', (opId, variant, cgroupId) => {
    const row = 4503599627370496n + (BigInt(opId) << 40n) + (BigInt(variant) << 36n) + BigInt(cgroupId);
    // bpftrace prints it, and JSON.parse reads it, without rounding.
    expect(BigInt(Number(row))).toBe(row);
    const read = interval(createIntervalReader(), 1, stats('@latency_a', { [String(row)]: [1, 1] }));
    expect(read?.totals).toMatchObject([{ opId, variant, cgroupId }]);
  });

  test('whose meaning did not arrive stay uncounted, and the balance says so', () => {
    const reader = createIntervalReader();
    const read = interval(
      reader,
      1,
      stats('@latency_a', { [ROW]: [3, 600] }),
      map('@bucket_a', { '1,2,5301,266338304,65': 3 }),
      ops('a', { 1: 3 }),
    )!;
    expect([read.totals, read.kernelOps]).toEqual([[], new Map([[1, 3]])]);
    expect(createBalance().check(read, true)).toEqual([
      { kind: 'operations_uncounted', opId: 1, count: 3, detail: 'missing from the totals' },
    ]);
  });

  test('that a program still counts under after its set was emptied mean what they meant', () => {
    const reader = createIntervalReader();
    interval(reader, 1, ROW_A, stats('@latency_a', { [ROW]: [3, 600] }));
    interval(reader, 2, rows('@row_b', { [ROW]: BLOCK }), stats('@latency_b', { [ROW]: [5, 50] }));
    expect(counted(interval(reader, 3, stats('@latency_a', { [ROW]: [1, 20] })))).toEqual([
      [1, 561, FILE.hash, 1, 20],
    ]);
  });

  test('of interrupts and of others, of set a and of set b, may bear the same number', () => {
    const reader = createIntervalReader();
    reader.begin(header(1));
    print(
      reader,
      ROW_A,
      rows('@irq_row_a', { [ROW]: BLOCK }),
      stats('@latency_a', { [ROW]: [3, 600] }),
      stats('@irq_latency_a', { [ROW]: [2, 50] }),
    );
    expect(counted(reader.rest(900))).toEqual([
      [1, 561, FILE.hash, 3, 600],
      [5, 58, 1, 2, 50],
    ]);
  });

  test('are looked up in a map of its own, which is not counted when bpftrace prints it at its end', () => {
    const reader = createIntervalReader();
    reader.begin(header(1));
    print(
      reader,
      map('@number_a', { [KEY]: 5 }),
      map('@rows_a', { '': 1 }),
      map('@told_file', { '1,2,3': 1 }),
    );
    expect(counted(reader.rest(900))).toEqual([]);
  });
});

test('a number that is none, or none that row.bt could have drawn, is not stored', () => {
  const read = interval(
    createIntervalReader(),
    1,
    stats('@latency_a', { 'no number': [1, 1], '18446612687018950656': [1, 1] }),
  );
  expect(read?.totals).toEqual([]);
});
