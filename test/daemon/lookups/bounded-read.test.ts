import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  namesIn,
  readLines,
  readWhole,
  statOf,
  subdirectoriesOf,
} from '../../../src/daemon/lookups/bounded-read.ts';
import { emptyTree, put } from './trees.ts';

test('reads a file up to the limit and no byte longer', () => {
  const { run } = emptyTree();
  put(join(run, 'f'), 'x'.repeat(200_000));
  expect(readWhole(join(run, 'f'), 200_000)).toHaveLength(200_000);
  expect(readWhole(join(run, 'f'), 199_999)).toBeUndefined();
});

test('reads files of /proc, which say they are empty', () => {
  expect(readWhole('/proc/self/status')).toMatch(/^Name:/u);
});

test('answers nothing for a missing file, a directory and a fifo', () => {
  const { run } = emptyTree();
  mkdirSync(run, { recursive: true });
  execFileSync('mkfifo', [join(run, 'fifo')]);
  expect([readWhole(join(run, 'missing')), readWhole(run)]).toEqual([undefined, undefined]);
  expect(readWhole(join(run, 'fifo'))).toBe('');
});

test('leaves out a line that the limit cut', () => {
  const { run } = emptyTree();
  put(join(run, 'f'), 'one\ntwo\nthree');
  expect([readLines(join(run, 'f')), readLines(join(run, 'f'), 10), readLines(join(run, 'no'))]).toEqual([
    ['one', 'two', 'three'],
    ['one', 'two'],
    [],
  ]);
});

test('lists directories without following links', () => {
  const { run } = emptyTree();
  put(join(run, 'd/f'), '');
  put(join(run, 'file'), '');
  symlinkSync('..', join(run, 'd/loop'));
  symlinkSync('d', join(run, 'link'));
  expect([subdirectoriesOf(run), namesIn(run).sort(), namesIn(join(run, 'no'))]).toEqual([
    ['d'],
    ['d', 'file', 'link'],
    [],
  ]);
  expect([statOf(join(run, 'file/x')), statOf(join(run, 'no')), statOf('/\0')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
