import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createProcessNames } from '../../../src/daemon/naming/process-names.ts';
import { emptyTree, put } from '../lookups/trees.ts';

test('a name that was lost is read from /proc while the process lives, and asked for once an interval', () => {
  const { proc } = emptyTree();
  const told = new Map([[1, 'init']]);
  const names = createProcessNames(told, proc);
  names.begin();
  expect([names.of(1), names.of(42)]).toEqual(['init', undefined]);
  put(join(proc, '42/comm'), 'etcd\n');
  expect(names.of(42)).toBeUndefined();
  names.begin();
  expect(names.of(42)).toBe('etcd');
  rmSync(join(proc, '42'), { recursive: true });
  expect(names.of(42)).toBe('etcd');
  told.set(42, 'etcd-main');
  expect(names.of(42)).toBe('etcd-main');
});
