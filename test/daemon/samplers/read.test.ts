import { readlinkSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createKeptFiles, field, readText } from '../../../src/daemon/samplers/read.ts';
import { emptyTree, put } from '../lookups/trees.ts';

const openBelow = (folder: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });

test('a table that comes in pages is read to its end', () => {
  const { proc } = emptyTree();
  const text = Array.from({ length: 5000 }, (_, line) => `line ${String(line)}`).join('\n');
  put(join(proc, 'table'), text);
  expect(readText(join(proc, 'table'))).toBe(text);
  // The kernel gives this one a page at a time.
  const lines = readText('/proc/kallsyms');
  expect(typeof lines === 'string' && lines.split('\n').length).toBeGreaterThan(1000);
});

test('why a file could not be read', () => {
  expect(readText('/proc/nothing')).toEqual({ code: 'ENOENT' });
  expect(readText('/proc')).toEqual({ code: 'EISDIR' });
});

test('a name that begins another is not taken for it', () => {
  const text = 'file_dirty 1\nfile 2\nnofile 3\n';
  expect(field(text, 'file')).toBe(2);
  expect(field(text, 'file_dirty')).toBe(1);
  expect(field(text, 'dirty')).toBeUndefined();
  expect(field('', 'file')).toBeUndefined();
});

test('kept files are read anew each time, closed when no longer asked for, and opened again', () => {
  const { cgroup } = emptyTree();
  const [one, two] = [join(cgroup, 'one'), join(cgroup, 'two')];
  put(one, '1');
  put(two, '2');
  const files = createKeptFiles();
  expect([files.read(one), files.read(two)]).toEqual(['1', '2']);
  put(one, '111');
  files.tidy();
  expect(files.read(one)).toBe('111');
  files.tidy();
  expect(openBelow(cgroup)).toEqual([one]);
  expect(files.read(two)).toBe('2');
  rmSync(two);
  expect(files.read(join(cgroup, 'gone'))).toEqual({ code: 'ENOENT' });
  files.close();
  expect(openBelow(cgroup)).toEqual([]);
});

test('more files than may be kept are read all the same', () => {
  const { cgroup } = emptyTree();
  const files = createKeptFiles(1);
  for (const name of ['a', 'b']) put(join(cgroup, name), name);
  expect(['a', 'b'].map((name) => files.read(join(cgroup, name)))).toEqual(['a', 'b']);
  expect(openBelow(cgroup)).toEqual([join(cgroup, 'a')]);
  files.close();
});
