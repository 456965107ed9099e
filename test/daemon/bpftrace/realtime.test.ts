import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isPreemptible } from '../../../src/daemon/bpftrace/realtime.ts';
import { emptyTree, put } from '../lookups/trees.ts';

test.each([
  ['full (lazy) \n', true],
  ['none voluntary (full) lazy \n', true],
  ['none (voluntary) full \n', false],
  ['(none) voluntary full \n', false],
])('debugfs says %j', (preempt, expected) => {
  const roots = emptyTree();
  put(join(roots.sys, 'kernel/debug/sched/preempt'), preempt);
  expect(isPreemptible([6, 12], roots)).toBe(expected);
});

test('without debugfs the version tells', () => {
  expect(isPreemptible([6, 18], emptyTree())).toBe(false);
  expect(isPreemptible([7, 0], emptyTree())).toBe(true);
});
