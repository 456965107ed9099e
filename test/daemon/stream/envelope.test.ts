import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLine, toBytes, toText } from '../../../src/daemon/stream/envelope.ts';

/** What each of these bpftraces printed for the same program, see shapes.bt there. */
const spoken = (version: string): string[] =>
  readFileSync(`test/fixtures/streams/shapes/${version}.ndjson`, 'utf8').split('\n');

describe('every message shape', () => {
  const expected = [
    { type: 'note', text: '{"type": "attached_probes", "data": {"probes": 2}}' },
    { type: 'note', text: '{"type": "printf", "data": "hello\\n"}' },
    {
      type: 'value',
      data: [
        't',
        1,
        'q"b\\n\nt\tx\u0001y\u001fz\u007f',
        '\uffffffe6\uffffff97\uffffffa5\uffffffff\uffffff80',
      ],
    },
    { type: 'note', text: '{"type": "time", "data": "at\\n"}' },
    { type: 'map', name: '@n', entries: new Map([['1,27,2', 1]]) },
    { type: 'stats', name: '@s', entries: new Map([['1,3', { count: 2, total: 11 }]]) },
    { type: 'map', name: '@u', entries: new Map([['', 1]]) },
  ];

  test.each(['0.17.0', '0.23.2'])('of bpftrace %s is read', (version) => {
    const emptied = { type: 'map', name: '@u', entries: new Map([['', 0]]) };
    expect(spoken(version).flatMap((line) => readLine(line) ?? [])).toEqual([...expected, emptied]);
  });

  test('of bpftrace 0.27.1 is read, which counts its probes twice and empties maps otherwise', () => {
    const [, ...rest] = expected;
    expect(spoken('0.27.1').flatMap((line) => readLine(line) ?? [])).toEqual([
      { type: 'note', text: '{"type": "attached_probes", "count": 2, "data": {"probes": 2}}' },
      ...rest,
      { type: 'stats', name: '@s', entries: new Map() },
    ]);
  });

  test('bytes bpftrace escaped for real come back as they were', () => {
    for (const version of ['0.17.0', '0.23.2', '0.27.1']) {
      const escaped = spoken(version)
        .map(readLine)
        .flatMap((read) => (read && 'data' in read ? read.data : []))[3];
      expect([...toBytes(String(escaped))]).toEqual([0xe6, 0x97, 0xa5, 0xff, 0x80]);
    }
  });
});

test.each(['', ' ', '\r', '\t'])('an empty line %j is nothing', (line) => {
  expect(readLine(line)).toBeUndefined();
});

test.each([
  // https://github.com/bpftrace/bpftrace: src/output.cpp of 0.17 and 0.23, src/output/json.cpp from 0.24 on.
  ['0.17 and 0.23', '{"type": "lost_events", "data": {"events": 1142}}', 1142],
  ['0.24 to 0.27', '{"type": "lost_events", "count": 1142, "data": {"events": 1142}}', 1142],
  [
    '0.24 to 0.27 after a byte escape: hex, and no JSON',
    '{"type": "lost_events", "count": e73, "data": {"events": e73}}',
    0xe73,
  ],
  ['the same with a leading digit', '{"type": "lost_events", "count": 1f, "data": {"events": 1f}}', 0x1f],
])('lost events are a number (%s)', (_, line, events) => {
  expect(readLine(line)).toEqual({ type: 'lost', events });
});

test('lost events in hex without a letter are taken for decimal: at least so many', () => {
  const line = '{"type": "lost_events", "count": 10, "data": {"events": 10}}';
  expect(readLine(line)).toEqual({ type: 'lost', events: 10 });
});

test.each([
  [
    '0.23',
    '{"type": "helper_error", "msg": "Argument list too long", "helper": "map_update_elem", "retcode": -7, "line": 12, "col": 3}',
  ],
  [
    '0.27',
    '{"type": "helper_error", "msg": "Argument list too long", "helper": "map_update_elem", "retcode": -7, "filename": "stdin", "line": 12, "col": 3}',
  ],
  ['0.27', '{"type": "runtime_error", "msg": "divide by 0", "filename": "stdin", "line": 1, "col": 9}'],
])('what bpftrace %s complains of at run time is a note: %s', (_, text) => {
  expect(readLine(text)).toEqual({ type: 'note', text });
});

test.each([
  'Attaching 12 probes...',
  '{"type": "value", "data": ["file",1',
  '{"type": "value", "data": 5}',
  '{"type": "value", "data": {"a": 1}}',
  '{"type": "value", "data": ["file",[1,2]]}',
  '{"type": "value", "data": ["file",null]}',
  '{"type": "value"}',
  '{"type": "map", "data": {}}',
  '{"type": "map", "data": {"@x": "word"}}',
  '{"type": "map", "data": [1]}',
  '{"type": "hist", "data": {"@h": [{"min": 4, "max": 7, "count": 1}]}}',
  '{"type": "cat", "data": "text"}',
  '{"data": 1}',
  '{"type": "lost_events"}',
  '{"type": "lost_events", "data": {"events": -1}}',
  '[]',
  'null',
  '7',
  '\u0000',
])('a line that is none of ours is kept as a sample: %s', (line) => {
  expect(readLine(line)).toEqual({ rejected: line });
});

test('a map entry that is no number is left out, the others stay', () => {
  expect(readLine('{"type": "map", "data": {"@x": {"1": 2, "3": [], "5": 7}}}')).toEqual({
    type: 'map',
    name: '@x',
    entries: new Map([
      ['1', 2],
      ['5', 7],
    ]),
  });
  expect(
    readLine('{"type": "stats", "data": {"@x": {"1": 7, "2": {"count": 1, "average": 5, "total": 5}}}}'),
  ).toEqual({
    type: 'stats',
    name: '@x',
    entries: new Map([['2', { count: 1, average: 5, total: 5 }]]),
  });
});

test('reading never throws, whatever the line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (line) => {
      const read = readLine(line);
      expect(read === undefined || 'rejected' in read || 'type' in read).toBe(true);
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('value', 'map', 'stats', 'lost_events', 'printf'),
      fc.jsonValue(),
      (type, data) => {
        const read = readLine(JSON.stringify({ type, data }));
        expect(read !== undefined && ('rejected' in read || 'type' in read)).toBe(true);
      },
    ),
  );
});

/**
 * As bpftrace writes a string in JSON (JSONEscape, src/output.cpp of 0.17, src/output/json.cpp of 0.27;
 * x86, where char is signed): `std::hex << std::setw(4) << static_cast<int>(byte)` of a negative char.
 */
function escapedByBpftrace(bytes: Uint8Array): string {
  const named: Record<number, string> = { 0x22: '\\"', 0x5c: '\\\\', 0x0a: '\\n', 0x0d: '\\r', 0x09: '\\t' };
  const one = (byte: number): string => {
    if (byte >= 0x80) return `\\uffffff${byte.toString(16)}`;
    if (byte < 0x20) return `\\u${byte.toString(16).padStart(4, '0')}`;
    return String.fromCharCode(byte);
  };
  return [...bytes].map((byte) => named[byte] ?? one(byte)).join('');
}

const withoutNul = fc.uint8Array({ maxLength: 255 }).map((bytes) => bytes.filter((byte) => byte !== 0));

test('any name without NUL comes back byte for byte', () => {
  fc.assert(
    fc.property(withoutNul, (bytes) => {
      const read = readLine(`{"type": "value", "data": ["name","${escapedByBpftrace(bytes)}"]}`);
      const text = read && 'data' in read ? read.data[1] : undefined;
      expect([...toBytes(String(text))]).toEqual([...bytes]);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['日本語.log', [0xe6, 0x97, 0xa5, 0xe6, 0x9c, 0xac, 0xe8, 0xaa, 0x9e, 0x2e, 0x6c, 0x6f, 0x67]],
  ['invalid\\xff\\xfe', [...Buffer.from('invalid'), 0xff, 0xfe]],
  ['half\\xe6\\x97', [...Buffer.from('half'), 0xe6, 0x97]],
  ['\\xc0\\xaf', [0xc0, 0xaf]],
  ['\\xed\\xa0\\x80', [0xed, 0xa0, 0x80]],
  ['😀', [0xf0, 0x9f, 0x98, 0x80]],
  ['a\ufffdb', [...Buffer.from('a\ufffdb')]],
  ['a\ufffd\\xff', [...Buffer.from('a\ufffd'), 0xff]],
  ['', []],
])('people read bytes as %s', (text, bytes) => {
  expect(toText(Buffer.from(bytes))).toBe(text);
});

test('well-formed text reads as itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(toText(Buffer.from(text))).toBe(text);
    }),
  );
});

test('what is no UTF-8 reads as text that names every one of its bytes', () => {
  fc.assert(
    fc.property(withoutNul, (bytes) => {
      const text = toText(Buffer.from(bytes));
      const again = text
        .split(/(\\x[0-9a-f]{2})/u)
        .flatMap((part, index) =>
          index % 2 ? [Number.parseInt(part.slice(2), 16)] : [...Buffer.from(part)],
        );
      // A name may itself contain the four letters \xff: then it reads the same as the byte.
      fc.pre(!Buffer.from(bytes).toString('latin1').includes('\\x'));
      expect(again).toEqual([...bytes]);
    }),
  );
});
