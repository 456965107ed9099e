import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isPreemptible } from '../../src/daemon/realtime.ts';

let sysfs = '';

beforeEach(() => {
  sysfs = mkdtempSync(join(tmpdir(), 'sys-'));
});

afterEach(() => {
  rmSync(sysfs, { recursive: true });
});

test.each([
  ['full (lazy) \n', true],
  ['none voluntary (full) lazy \n', true],
  ['none (voluntary) full \n', false],
  ['(none) voluntary full \n', false],
])('debugfs says %j', (preempt, expected) => {
  mkdirSync(join(sysfs, 'kernel/debug/sched'), { recursive: true });
  writeFileSync(join(sysfs, 'kernel/debug/sched/preempt'), preempt);
  expect(isPreemptible([6, 12], sysfs)).toBe(expected);
});

test('without debugfs the version tells', () => {
  expect(isPreemptible([6, 18], sysfs)).toBe(false);
  expect(isPreemptible([7, 0], sysfs)).toBe(true);
});
