import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { followDirectories } from '../../../../src/daemon/lookups/containers/watch.ts';
import { emptyTree } from '../trees.ts';

function following(...there: string[]): { run: string; arrived: string[]; make: (path: string) => void } {
  const { run } = emptyTree();
  const make = (path: string): void => {
    mkdirSync(join(run, path), { recursive: true });
  };
  make('');
  there.forEach(make);
  const arrived: string[] = [];
  const following = followDirectories(run, ['state', 'tasks', '*'], (directory) => {
    arrived.push(directory.slice(run.length + 1));
  });
  onTestFinished(() => {
    following.close();
  });
  return { run, arrived, make };
}

test('tells of the directories that are there, before it returns', () => {
  const { arrived } = following('state/tasks/ns/a', 'state/tasks/ns/b', 'state/other/ns/c', 'elsewhere');
  expect(arrived.sort()).toEqual(['state/tasks/ns/a', 'state/tasks/ns/b']);
});

test('tells of those that appear, in places that appear later', async () => {
  const { arrived, make } = following();
  make('state');
  make('state/tasks/ns1');
  make('state/tasks/ns1/a');
  await soon(() => {
    expect(arrived).toContain('state/tasks/ns1/a');
  });
  make('state/tasks/ns2/b');
  make('state/tasks/ns1/c');
  await soon(() => {
    expect(arrived).toEqual(expect.arrayContaining(['state/tasks/ns2/b', 'state/tasks/ns1/c']));
  });
});

test('goes on after a place was deleted and made again', async () => {
  const { run, arrived, make } = following('state/tasks/ns/a');
  rmSync(join(run, 'state'), { recursive: true });
  make('state/tasks/ns/b');
  await soon(() => {
    expect(arrived).toContain('state/tasks/ns/b');
  });
  make('state/tasks/ns/c');
  await soon(() => {
    expect(arrived).toContain('state/tasks/ns/c');
  });
});

test('tells again of a directory made anew or renamed, but not of files', async () => {
  const { run, arrived, make } = following('state/tasks/ns/a');
  rmSync(join(run, 'state/tasks/ns/a'), { recursive: true });
  await new Promise((resolve) => setTimeout(resolve, 20));
  writeFileSync(join(run, 'state/tasks/ns/file'), '');
  make('state/tasks/ns/a');
  make('elsewhere/x');
  renameSync(join(run, 'elsewhere/x'), join(run, 'state/tasks/ns/x'));
  await soon(() => {
    expect(arrived).toEqual(['state/tasks/ns/a', 'state/tasks/ns/a', 'state/tasks/ns/x']);
  });
});

test('tells nothing after it was closed, and of nothing where there is no root', async () => {
  const { run } = emptyTree();
  mkdirSync(run, { recursive: true });
  const arrived: string[] = [];
  const one = followDirectories(run, [], (directory) => arrived.push(directory));
  one.close();
  mkdirSync(join(run, 'late'));
  followDirectories(join(run, 'missing'), [], (directory) => arrived.push(directory)).close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(arrived).toEqual([]);
});

function soon(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 5000 });
}
