import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLine } from '../../../src/daemon/stream/envelope.ts';
import { readMapLine } from '../../../src/daemon/stream/map-line.ts';

/** As bpftrace prints: a space behind each colon and comma. */
const printed = (value: unknown): string =>
  JSON.stringify(value, null, 1).replaceAll(/\n\s*/gu, '').replaceAll(',"', ', "');

const count = fc.integer({ min: 0, max: 1e15 - 1 });
const key = fc.array(fc.integer(), { minLength: 1, maxLength: 7 }).map((parts) => parts.join(','));
const name = fc.constantFrom('@ops', '@row_a', '@irq_latency_b');

test('maps of whole numbers are read as JSON.parse reads them, with spaces or without', () => {
  fc.assert(
    fc.property(name, fc.dictionary(key, count), fc.boolean(), (map, entries, hasSpaces) => {
      const message = { type: 'map', data: { [map]: entries } };
      const line = hasSpaces ? printed(message) : JSON.stringify(message);
      expect(readMapLine(line)).toEqual({
        type: 'map',
        name: map,
        entries: new Map(Object.entries(entries)),
      });
    }),
  );
});

test('so are stats', () => {
  const stats = fc.record({ count, average: count, total: count });
  fc.assert(
    fc.property(name, fc.dictionary(key, stats), (map, entries) => {
      const expected = Object.entries(entries).map(([at, each]) => [
        at,
        { count: each.count, total: each.total },
      ]);
      expect(readMapLine(printed({ type: 'stats', data: { [map]: entries } }))).toEqual({
        type: 'stats',
        name: map,
        entries: new Map(expected as [string, { count: number; total: number }][]),
      });
    }),
  );
});

test.each([
  ['a number beyond what a double holds', '{"type": "map", "data": {"@ops": {"1,0": 18446744073709551615}}}'],
  ['a negative number', '{"type": "map", "data": {"@ops": {"1,0": -7}}}'],
  ['a key with an escape', '{"type": "map", "data": {"@ops": {"a\\"b": 7}}}'],
  ['a scalar', '{"type": "map", "data": {"@interval": 7}}'],
  ['a histogram', '{"type": "hist", "data": {"@h": [{"min": 1, "max": 2, "count": 3}]}}'],
])('%s is left to JSON.parse, and means the same', (_, line) => {
  expect(readMapLine(line)).toBeUndefined();
  expect(readLine(line)).toBeDefined();
});

test.each([
  '{"type": "map", "data": {"@ops": {"1,0": 7}}',
  '{"type": "map", "data": {"@ops": {"1,0": 7}}} {',
  '{"type": "map", "data": {"@ops": {"1,0": }}}',
  '{"type": "map", "data": {"@ops": {"1,0": 7, ',
  '{"type": "map", "data": {"@ops": {"1,0',
])('%s is rejected', (line) => {
  expect(readLine(line)).toEqual({ rejected: line });
});
