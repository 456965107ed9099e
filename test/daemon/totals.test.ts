import { describe, expect, test } from 'vitest';
import { readLine } from '../../src/daemon/envelope.ts';
import { createFlushReader } from '../../src/daemon/totals.ts';
import type { Flush } from '../../src/daemon/totals.ts';

type Reader = ReturnType<typeof createFlushReader>;

/** Feeds lines as bpftrace prints them. */
function print(reader: Reader, ...lines: readonly string[]): void {
  for (const line of lines) {
    const message = readLine(line);
    if (message === undefined || 'rejected' in message) throw new Error(`not a message: ${line}`);
    if (message.type !== 'map' && message.type !== 'stats') throw new Error(`not a map: ${line}`);
    reader.add(message);
  }
}

const ops = (counts: Record<string, number>): string =>
  JSON.stringify({ type: 'map', data: { '@ops': counts } });
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

const header = (sequence: number, set: number) =>
  ({
    type: 'flush',
    sequence,
    startedBootUs: sequence * 100,
    endedBootUs: sequence * 100 + 100,
    set,
  }) as const;

/** One flush from beginning to end. */
function flush(
  reader: Reader,
  sequence: number,
  set: number,
  ...lines: readonly string[]
): Flush | undefined {
  reader.begin(header(sequence, set));
  print(reader, ...lines);
  return reader.end(sequence);
}

const KEY = '1,2,5301,561,266338304,393277,233006513';
const FILE = { dev: 266338304, ino: 393277, hash: 233006513 };

test('the maps of one flush become one total per key, and buckets', () => {
  const reader = createFlushReader();
  const read = flush(
    reader,
    7,
    0,
    stats('@latency_a', { [KEY]: [3, 600], '5,0,1,58,266338304,0,1': [2, 90] }),
    map('@max_a', { [KEY]: 300, '5,0,1,58,266338304,0,1': 50 }),
    map('@bucket_a', { '1,2,5301,266338304,65': 3, '5,0,1,266338304,43': 2 }),
    map('@bytes_a', { '5,0,1,58,266338304,0,1': 8192 }),
    map('@inner_a', { [KEY]: 550 }),
    map('@errors_a', { [KEY]: 1 }),
    ops({ '1,0': 3, '5,0': 2 }),
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
  });
});

describe('the flush at the end, with both sets', () => {
  const end = (reader: Reader): Flush | undefined =>
    flush(
      reader,
      3,
      2,
      stats('@latency_a', { [KEY]: [3, 600] }),
      map('@max_a', { [KEY]: 300 }),
      map('@bucket_a', { '1,2,5301,266338304,65': 3 }),
      map('@bytes_a', { [KEY]: 10 }),
      map('@errors_a', { [KEY]: 1 }),
      stats('@latency_b', { [KEY]: [5, 900] }),
      map('@max_b', { [KEY]: 250 }),
      map('@bucket_b', { '1,2,5301,266338304,65': 4, '1,2,5301,266338304,66': 1 }),
      map('@bytes_b', { [KEY]: 32 }),
      map('@inner_b', { [KEY]: 800 }),
      ops({ '1,0': 3, '1,1': 5 }),
    );

  test('adds up what both have of a key, and takes the longest of either', () => {
    expect(end(createFlushReader())?.totals).toEqual([
      {
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
      },
    ]);
  });

  test('adds up the buckets', () => {
    expect(end(createFlushReader())?.buckets.map(({ bucket, opCount }) => [bucket, opCount])).toEqual([
      [65, 7],
      [66, 1],
    ]);
  });

  test('is reconciled with what the kernel counted in both', () => {
    expect(end(createFlushReader())?.kernelOps).toEqual(new Map([[1, 8]]));
  });
});

describe('what the kernel counted', () => {
  test('is the growth of the printed set alone: the other is being written', () => {
    const reader = createFlushReader();
    const counted = [
      flush(reader, 1, 0, ops({ '1,0': 3, '1,1': 1 })),
      flush(reader, 2, 1, ops({ '1,0': 4, '1,1': 6, '2,1': 2 })),
      flush(reader, 3, 0, ops({ '1,0': 9, '1,1': 7, '2,1': 2 })),
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

  test('includes what a lost flush counted: the next of the same set is short of it', () => {
    const reader = createFlushReader();
    flush(reader, 1, 0, stats('@latency_a', { [KEY]: [3, 600] }), ops({ '1,0': 3 }));
    flush(reader, 2, 1, stats('@latency_b', { [KEY]: [1, 10] }), ops({ '1,0': 4, '1,1': 1 }));
    // Flush 3, of set a, did not arrive: 4 operations.
    flush(reader, 4, 1, stats('@latency_b', { [KEY]: [2, 10] }), ops({ '1,0': 8, '1,1': 3 }));
    const read = flush(reader, 5, 0, stats('@latency_a', { [KEY]: [5, 600] }), ops({ '1,0': 12, '1,1': 3 }));
    expect([read?.kernelOps, read?.totals[0]?.opCount]).toEqual([new Map([[1, 9]]), 5]);
  });

  test('is known in the end, whichever messages were lost on the way', () => {
    const reader = createFlushReader();
    flush(reader, 1, 0, stats('@latency_a', { [KEY]: [3, 600] }), ops({ '1,0': 3 }));
    const end = flush(reader, 4, 2, stats('@latency_a', { [KEY]: [1, 6] }), ops({ '1,0': 8, '1,1': 7 }));
    expect([end?.kernelOps, end?.totals[0]?.opCount]).toEqual([new Map([[1, 12]]), 1]);
  });
});

describe('suppressed exemplars', () => {
  test('are the growth since the last flush, by operation', () => {
    const reader = createFlushReader();
    const counted = [
      flush(reader, 1, 0, suppressed({ '1': 5 })),
      flush(reader, 2, 1, suppressed({ '1': 5, '2': 4 })),
      flush(reader, 3, 0, suppressed({ '1': 12, '2': 4 })),
    ].map((read) => read?.suppressed);
    expect(counted).toEqual([new Map([[1, 5]]), new Map([[2, 4]]), new Map([[1, 7]])]);
  });

  test('are none when the map was not printed', () => {
    const reader = createFlushReader();
    flush(reader, 1, 0, suppressed({ '1': 5 }));
    expect(flush(reader, 2, 1)?.suppressed).toEqual(new Map());
    expect(flush(reader, 3, 0, suppressed({ '1': 6 }))?.suppressed).toEqual(new Map([[1, 1]]));
  });
});

describe('out of order', () => {
  test('maps printed before the first flush, between two, and after the end count nothing', () => {
    const reader = createFlushReader();
    const stray = stats('@latency_a', { [KEY]: [100, 100] });
    print(reader, stray, ops({ '1,0': 100 }), suppressed({ '1': 100 }));
    const first = flush(reader, 1, 0, stats('@latency_a', { [KEY]: [3, 600] }), ops({ '1,0': 3 }));
    print(reader, stray, ops({ '1,0': 100 }), suppressed({ '1': 100 }));
    const second = flush(reader, 2, 0, stats('@latency_a', { [KEY]: [1, 50] }), ops({ '1,0': 4 }));
    expect(
      [first, second].map((read) => [read?.totals[0]?.opCount, read?.kernelOps, read?.suppressed]),
    ).toEqual([
      [3, new Map([[1, 3]]), new Map()],
      [1, new Map([[1, 1]]), new Map()],
    ]);
  });

  test('a flush that ends without having begun is none', () => {
    const reader = createFlushReader();
    expect(reader.end(1)).toBeUndefined();
    flush(reader, 2, 0);
    expect(reader.end(2)).toBeUndefined();
  });

  test('the end of another flush does not end this one', () => {
    const reader = createFlushReader();
    reader.begin(header(4, 0));
    print(reader, stats('@latency_a', { [KEY]: [3, 600] }));
    expect(reader.end(3)).toBeUndefined();
    expect(reader.end(4)?.totals[0]?.opCount).toBe(3);
  });

  test('a flush whose end was lost is dropped, and its operations are missing in the next of its set', () => {
    const reader = createFlushReader();
    reader.begin(header(1, 0));
    print(reader, stats('@latency_a', { [KEY]: [3, 600] }), ops({ '1,0': 3 }));
    flush(reader, 2, 1, ops({ '1,0': 3 }));
    const read = flush(reader, 3, 0, stats('@latency_a', { [KEY]: [2, 50] }), ops({ '1,0': 5 }));
    expect([read?.totals[0]?.opCount, read?.kernelOps]).toEqual([2, new Map([[1, 5]])]);
  });
});

test('a flush in which nothing happened has nothing', () => {
  expect(flush(createFlushReader(), 1, 0)).toEqual({
    sequence: 1,
    startedBootUs: 100,
    endedBootUs: 200,
    totals: [],
    buckets: [],
    kernelOps: new Map(),
    suppressed: new Map(),
  });
});

test('keys of too few numbers are left out', () => {
  const read = flush(
    createFlushReader(),
    1,
    0,
    stats('@latency_a', { '1,2,3': [1, 1], [KEY]: [2, 2] }),
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
  const read = flush(createFlushReader(), 1, 0, stats('@latency_a', { [key]: [1, 5] }));
  expect(read?.totals[0]?.file).toEqual({ dev: 42, ino: 2 ** 63, hash: 5 });
});
