import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clip, pad, shorten, textWidth, visible, wrap } from '../../../src/query/render/text.ts';

test.each([
  ['a\nb', 'a\\nb'],
  ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
  ['\r\t\0\u0007\u007f', '\\r\\t\\0\\x07\\x7f'],
  ['\u009b31m', '\\x9b31m'],
  ['a\u202egpj.exe', 'a\\u202egpj.exe'],
  ['\u2028\u2029\ufeff', '\\u2028\\u2029\\ufeff'],
  ['half \ud800', 'half \\ud800'],
  ['\u{e0001}', '\\u{e0001}'],
  ['naïve 日本 🙂 "quoted"', 'naïve 日本 🙂 "quoted"'],
  ['\u00ff literal \\xff', 'ÿ literal \\\\xff'],
])('%j is shown as %s', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test('nothing that is shown can control a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visible(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/u);
    }),
  );
});

test.each([
  ['abc', 3],
  ['日本', 4],
  ['🙂', 2],
  ['e\u0301', 1],
  ['', 0],
])('%s takes %d cells', (text, width) => {
  expect(textWidth(text)).toBe(width);
});

test('a shortened text fits, and keeps its beginning and more of its end', () => {
  expect(shorten('/var/lib/postgresql/data/pg_wal/0001', 20)).toBe('/var/li…/pg_wal/0001');
  expect(shorten('short', 20)).toBe('short');
  expect(shorten('日本語日本語日本語', 8)).toBe('日…本語');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      expect(textWidth(shorten(visible(text), width))).toBeLessThanOrEqual(width);
    }),
  );
});

test('a clipped text keeps its beginning', () => {
  expect(clip('not covered: copy_up', 12)).toBe('not covered…');
  expect(clip('日本語', 4)).toBe('日…');
  expect(clip('short', 5)).toBe('short');
});

test('padding counts cells', () => {
  expect(pad('日本', 6, 'left')).toBe('日本  ');
  expect(pad('日本', 6, 'right')).toBe('  日本');
});

test('wrapping breaks between words and indents what follows', () => {
  expect(wrap('one two three four', 9)).toEqual(['one two', '  three', '  four']);
  expect(wrap('  one two three', 9)).toEqual(['  one two', '    three']);
  expect(wrap('averylongword', 5)).toEqual(['averylongword']);
  expect(wrap('anything at all', undefined)).toEqual(['anything at all']);
});
