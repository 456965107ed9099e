import { expect, test } from 'vitest';
import { CAPTURE_CONSTANTS, FIXED_CONSTANTS } from '../../src/daemon/bpftrace/constants.ts';
import { tokenize } from '../../src/daemon/bpftrace/dialect/lexer.ts';
import { commonFiles, expressionsOf, fragmentFiles, headerOf, probesOf, programOf, sourceOf } from './bpf.ts';

const files = [...fragmentFiles, ...commonFiles];

test('the blocks are in fifteen files at most', () => {
  expect(commonFiles.length).toBeGreaterThan(5);
  expect(commonFiles.length).toBeLessThanOrEqual(15);
});

test.each(files)('%s opens with what it is', (file) => {
  expect(headerOf(sourceOf(file))).toMatch(/^.{10}/u);
});

test.each(files)('%s is what the grammar allows, and so is what it expands to', (file) => {
  const { macros } = programOf(file);
  expect(macros.length + probesOf(file).length).toBeGreaterThan(0);
});

/** Counts of one, halves and pairs; what else is a number has a name. */
const ALLOWED = new Set(['0', '1', '2']);

test.each(files)('%s has no bare number', (file) => {
  const { macros, probes } = programOf(file);
  // Arithmetic on powers of two, held against src/schema/buckets.ts by another test.
  const bodies = [...macros.filter(({ name }) => name !== 'latency_bucket'), ...probes];
  const numbers = bodies
    .flatMap(({ body }) => expressionsOf(body))
    .flatMap((expression) => (expression.kind === 'number' ? expression.text : []));
  expect(numbers.filter((text) => !ALLOWED.has(text))).toEqual([]);
});

test('every block is run, and every file of blocks imported', () => {
  const run = new Set(
    files.flatMap((file) => {
      const { macros, probes } = programOf(file);
      return [...macros, ...probes]
        .flatMap(({ body }) => expressionsOf(body))
        .flatMap((expression) => (expression.kind === 'call' ? expression.name : []));
    }),
  );
  const blocks = files.flatMap((file) => programOf(file).macros.map(({ name }) => name));
  expect(blocks.filter((name) => !run.has(name))).toEqual([]);
  const imported = new Set(files.flatMap((file) => programOf(file).imported.map((each) => each.file)));
  expect(commonFiles.filter((file) => !imported.has(file))).toEqual(['common/capture.bt']);
});

test('every constant is used, but for those that name each operation and variant', () => {
  const words = new Set(
    files.flatMap((file) =>
      tokenize(file, sourceOf(file)).flatMap(({ kind, text }) => (kind === 'name' ? text : [])),
    ),
  );
  const derived = /^(?:OP|SYNC|READ|WRITE|COMMIT|OWNER|NO_FILE)_/u;
  const names = [...Object.keys(FIXED_CONSTANTS), ...CAPTURE_CONSTANTS];
  expect(names.filter((name) => !words.has(name) && !derived.test(name))).toEqual([]);
});
