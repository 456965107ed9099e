import { expect, test } from 'vitest';
import { blameSentence } from '../../src/query/render/blame.ts';
import type { Slot, Victim } from '../../src/query/reports/blame.ts';
import { overlaps } from '../../src/query/reports/blame.ts';

const MS = 1_000_000;
const disks = new Map([['vda1', ['vda']]]);
/** An operation of `ms` that ends `endMs` after the epoch. */
const victim = (endMs: number, ms: number, device = 'vda1'): Victim => ({
  op: 'fsync',
  ended_us: endMs * 1000,
  latency_ns: ms * MS,
  device,
});
const slot = (startMs: number, inflightMs: number, container: string | null, device = 'vda'): Slot => ({
  started_us: startMs * 1000,
  device,
  container,
  cgroup_path: container === null ? '/' : `/pods/${container}`,
  inflight_ns: inflightMs * MS,
});
const found = (victims: readonly Victim[], slots: readonly Slot[]) =>
  overlaps(victims, slots, disks).map(({ container, overlap_ns_sum }) => [container, overlap_ns_sum / MS]);

test('an owner in flight throughout is blamed for all of the wait', () => {
  expect(found([victim(1150, 100)], [slot(1000, 100, 'noisy'), slot(1100, 100, 'noisy')])).toEqual([
    ['noisy', 100],
  ]);
});

test('an owner in flight for a part of a slot is blamed for that part, whoever most comes first', () => {
  const slots = [slot(1000, 20, 'little'), slot(1000, 50, 'more'), slot(1000, 10, null)];
  expect(found([victim(1100, 100)], slots)).toEqual([
    ['more', 50],
    ['little', 20],
    [null, 10],
  ]);
});

test('many requests at once are no more than all of the time', () => {
  expect(found([victim(1080, 60)], [slot(1000, 3200, 'noisy')])).toEqual([['noisy', 60]]);
});

test('slots that begin between two tenths of a second count by where they lie', () => {
  expect(found([victim(1080, 60)], [slot(950, 100, 'before'), slot(1050, 100, 'after')])).toEqual([
    ['before', 30],
    ['after', 30],
  ]);
});

test('what was in flight before or after, or on another disk, is not blamed', () => {
  const slots = [slot(800, 100, 'before'), slot(1100, 100, 'after'), slot(1000, 100, 'elsewhere', 'vdb')];
  expect(found([victim(1100, 50)], slots)).toEqual([]);
});

test('a device that is not in the list of devices stands for itself', () => {
  expect(found([victim(1100, 50, 'vdb')], [slot(1000, 100, 'noisy', 'vdb')])).toEqual([['noisy', 50]]);
});

test('each row has the number and the whole time of the victim’s operations', () => {
  const [row] = overlaps([victim(1100, 50), victim(5000, 30)], [slot(1000, 100, 'noisy')], disks);
  expect(row).toMatchObject({ op_count: 2, latency_ns_sum: 80 * MS, overlap_ns_sum: 50 * MS });
});

test('the sentence names the other, never the victim', () => {
  const [noisy, web] = overlaps([victim(1100, 100)], [slot(1000, 90, 'web'), slot(1000, 70, 'noisy')], disks)
    .map((row) => ({ ...row, is_self: row.container === 'web' ? (1 as const) : (0 as const) }))
    .toSorted((a, b) => a.is_self - b.is_self);
  const rows = [web!, noisy!];
  expect(blameSentence('web', { rows, row_count: 2, slow_op_count: 1 })).toBe(
    'Most of the time it was noisy: 70 % of what web waited in fsync.',
  );
  expect(blameSentence('web', { rows: [web!], row_count: 1, slow_op_count: 1 })).toBe(
    "Nobody else's I/O was in flight while web waited, as far as was recorded.",
  );
  expect(blameSentence('web', { rows: [], row_count: 0, slow_op_count: 0 })).toBe(
    'web had no slow operations in the window.',
  );
});
