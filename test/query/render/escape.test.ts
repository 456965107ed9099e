import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csv } from '../../../src/query/render/csv.ts';
import { csvText, escapeJson, labelText, visible } from '../../../src/query/render/escape.ts';
import { json } from '../../../src/query/render/json.ts';

/** What Unicode calls control, format, surrogate or private. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u;
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\\',
      '"',
      "'",
      ',',
      '=',
      '+',
      '-',
      '@',
      '\t',
      '\r',
      '\n',
      '\u001b',
      '\u009b',
      '\u061c',
      '\ufff9',
    ),
    fc.constantFrom(
      '\u{e0041}',
      '\u202e',
      '\ud800',
      '\ue000',
      '\u{f0000}',
      '\u00ad',
      'x',
      'u',
      'n',
      '0',
      '{',
      '}',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
});

/** Reads back what `visible` spelled out. */
const unspelled = (text: string): string =>
  text.replace(/\\(?:[nrt0\\]|x[\da-f]{2}|u[\da-f]{4}|u\{[\da-f]+\})/gu, (escape) => {
    const named = { n: '\n', r: '\r', t: '\t', '0': '\0', '\\': '\\' }[escape.slice(1)];
    return named ?? String.fromCodePoint(Number.parseInt(escape.replaceAll(/[^\da-f]/gu, ''), 16));
  });

const holds = (check: (text: string) => void): void => {
  fc.assert(fc.property(hostile, check), { numRuns: 2000 });
};

describe('nothing unsafe is left, and all of it can be read back', () => {
  test('on a terminal', () => {
    holds((text) => {
      expect(visible(text)).not.toMatch(UNSAFE);
      expect(unspelled(visible(text))).toBe(text);
    });
  });

  test('in JSON', () => {
    holds((text) => {
      const encoded = escapeJson(JSON.stringify(text));
      expect(encoded).not.toMatch(UNSAFE);
      expect(JSON.parse(encoded)).toBe(text);
      expect(JSON.parse([...json(['name'], [[text]])].join(''))).toEqual([{ name: text }]);
    });
  });

  test('in CSV, where no field is a formula', () => {
    holds((text) => {
      const field = csvText(text);
      const inner = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
      expect(inner).not.toMatch(UNSAFE);
      expect(inner).not.toMatch(/^[=+\-@\t\r]/u);
      expect(unspelled(inner.replace(/^'/u, ''))).toBe(text);
    });
  });

  test('in labels of metrics', () => {
    holds((text) => {
      const label = labelText(text);
      expect(label).not.toMatch(UNSAFE);
      const value = label.replaceAll(/\\(["\\n])/gu, (escape) =>
        escape === String.raw`\n` ? '\n' : escape.slice(1),
      );
      expect(unspelled(value)).toBe(text);
    });
  });
});

test.each([
  ['=1+1', "'=1+1"],
  ['-rf', "'-rf"],
  ['\tx', String.raw`'\tx`],
  ["'quoted", "''quoted"],
  ['a"b,c', '"a""b,c"'],
  ['\u001b[31m', String.raw`\x1b[31m`],
])('%j is the field %s', (text, field) => {
  expect([...csv(['name'], [[text]])].join('')).toBe(`name\r\n${field}\r\n`);
});

test('numbers are no formulas', () => {
  expect([...csv(['n'], [[-5n], [-1.5]])].join('')).toBe('n\r\n-5\r\n-1.5\r\n');
});
