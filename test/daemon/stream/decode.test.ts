import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/daemon/stream/decode.ts';
import type { KernelRecord } from '../../../src/daemon/stream/decode.ts';
import type { Message } from '../../../src/daemon/stream/envelope.ts';

type Fields = readonly (string | number)[];
const value = (data: Fields): Extract<Message, { type: 'value' }> => ({ type: 'value', data });

/** Each tuple as a program in bpf/ prints it, and what it says. */
const records: readonly (readonly [Fields, KernelRecord])[] = [
  [['ready', 133026111], { type: 'ready', bootUs: 133026111 }],
  [['process', 561, 'iotrace-canary'], { type: 'process', pid: 561, name: 'iotrace-canary' }],
  [
    ['file', 266338304, 393277, 233006513, 33152, 1],
    { type: 'file', file: { dev: 266338304, ino: 393277, hash: 233006513 }, mode: 33152, links: 1 },
  ],
  [
    ['name', 266338304, 393277, 233006513, 266338305, 393239, 944379768, 4, 61, 'file'],
    {
      type: 'name',
      file: { dev: 266338304, ino: 393277, hash: 233006513 },
      parent: { dev: 266338305, ino: 393239, hash: 944379768 },
      length: 4,
      offset: 61,
      piece: Buffer.from('file'),
    },
  ],
  [['root', 266338304, 2, 0], { type: 'root', file: { dev: 266338304, ino: 2, hash: 0 } }],
  [['inode', 266338304, 393277, 561], { type: 'inode', dev: 266338304, ino: 393277, pid: 561 }],
  [['cgroup', 5301, 61, '/app1'], { type: 'cgroup', id: 5301, offset: 61, piece: Buffer.from('/app1') }],
  [
    [
      'slow',
      1,
      2,
      137605943,
      5301,
      561,
      562,
      'io thread',
      266338304,
      393277,
      233006513,
      4096,
      17503080,
      16503080,
      5,
    ],
    {
      type: 'exemplar',
      opId: 1,
      variant: 2,
      bootUs: 137605943,
      cgroupId: 5301,
      pid: 561,
      tid: 562,
      thread: 'io thread',
      file: { dev: 266338304, ino: 393277, hash: 233006513 },
      sizeBytes: 4096,
      latencyNs: 17503080,
      innerNs: 16503080,
      error: 5,
    },
  ],
  [
    ['flush', 2, 135551271, 137552670],
    { type: 'flush', sequence: 2, startedBootUs: 135551271, endedBootUs: 137552670 },
  ],
  [['flushed', 2], { type: 'flushed', sequence: 2 }],
];

test.each(records)('%j is understood', (fields, record) => {
  expect(decode(value(fields))).toEqual(record);
});

describe('a tuple of another shape is refused whole', () => {
  test.each(records)('%j with a field more', (fields) => {
    for (const extra of [0, 'x']) {
      expect(decode(value([...fields, extra]))).toEqual({ rejected: JSON.stringify([...fields, extra]) });
    }
  });

  test.each(records)('%j with any field missing', (fields) => {
    for (const at of fields.keys()) {
      const short = fields.toSpliced(at, 1);
      expect(decode(value(short))).toEqual({ rejected: JSON.stringify(short) });
    }
  });

  test.each(records)('%j with a word for a number, or a number for its text', (fields) => {
    for (const [at, field] of fields.entries()) {
      const other = fields.with(at, typeof field === 'number' ? 'word' : 7);
      expect(decode(value(other))).toEqual({ rejected: JSON.stringify(other) });
    }
  });
});

test.each([[[]], [['nonsense', 1]], [['constructor', 1]], [['__proto__']], [[1, 2]], [['slow']], [['']]])(
  'a tuple nobody prints is refused: %j',
  (fields) => {
    expect(decode(value(fields))).toEqual({ rejected: JSON.stringify(fields) });
  },
);

// bpftrace 0.27.1 prints what no double holds in quotes, 0.17 and 0.23 without (and JSON.parse rounds it).
test.each([
  ['0.17.0', '["root",42,9223372036854775809,7]'],
  ['0.27.1', '["root",42,"9223372036854775809",7]'],
])('an inode number beyond 2^53 is the same from bpftrace %s', (_, data) => {
  expect(decode(value(JSON.parse(data) as Fields))).toEqual({
    type: 'root',
    file: { dev: 42, ino: 2 ** 63, hash: 7 },
  });
});

test('a name or a thread that consists of digits stays text', () => {
  expect(decode(value(['name', 1, 2, 3, 4, 5, 6, 3, 0, '123']))).toMatchObject({ piece: Buffer.from('123') });
  expect(decode(value(['process', 7, '00042']))).toEqual({ type: 'process', pid: 7, name: '00042' });
});

test('file and cgroup names stay bytes, process and thread names become text', () => {
  const escaped = '\uffffffff\uffffffe6\uffffff97\uffffffa5';
  const bytes = Buffer.from([0xff, 0xe6, 0x97, 0xa5]);
  expect(decode(value(['name', 1, 2, 3, 4, 5, 6, 4, 0, escaped]))).toMatchObject({ piece: bytes });
  expect(decode(value(['cgroup', 1, 0, escaped]))).toMatchObject({ piece: bytes });
  expect(decode(value(['process', 1, escaped]))).toMatchObject({ name: '\\xff日' });
  expect(decode(value(['slow', 1, 2, 3, 4, 5, 6, escaped, 7, 8, 9, 10, 11, 12, 13]))).toMatchObject({
    thread: '\\xff日',
  });
});

test('decoding never throws, whatever the fields', () => {
  const tags = fc.oneof(fc.constantFrom(...records.map(([[tag]]) => String(tag))), fc.string());
  const field = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.maxSafeInteger());
  fc.assert(
    fc.property(tags, fc.array(field, { maxLength: 16 }), (tag, fields) => {
      const decoded = decode(value([tag, ...fields]));
      expect('rejected' in decoded || 'type' in decoded).toBe(true);
    }),
  );
});
