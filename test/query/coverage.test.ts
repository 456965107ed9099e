import { afterEach, expect, test } from 'vitest';
import { containersSeen, coverage } from '../../src/query/reports/coverage.ts';
import { wallUs } from '../../src/schema/units.ts';
import { demo } from './demo.ts';
import { NOON_US, Recording } from './recording.ts';

let recording: Recording;
afterEach(() => {
  recording.db.close();
});

const at = (second: number) => wallUs(NOON_US + second * 1e6);
const window = (from: number, to: number) => ({ fromUs: at(from), toUs: at(to) });

test('tells how much of the window is recorded, what it misses and what was lost', () => {
  recording = demo();
  expect(coverage(recording.db, window(2, 12))).toEqual({
    interval_count: 3,
    recorded_us: 10e6,
    hours_only_until_us: null,
    extent: window(0, 15),
    gaps: [
      {
        probe: 'copy_up',
        subject: 'copy_up',
        state: 'missing',
        reason: 'this kernel has no kprobes',
        fix: 'Boot a kernel with CONFIG_KPROBES=y',
      },
      {
        probe: 'fsync',
        subject: 'io_uring',
        state: 'unproven',
        reason: 'attached, but nothing here could try it',
        fix: null,
      },
    ],
    losses: [{ kind: 'exemplars_suppressed', lost_count: 124 }],
  });
});

test('outside the recording there is nothing but its extent', () => {
  recording = demo();
  expect(coverage(recording.db, window(1000, 2000))).toEqual({
    interval_count: 0,
    recorded_us: 0,
    hours_only_until_us: null,
    extent: window(0, 15),
    gaps: [],
    losses: [],
  });
});

test('an empty recording has no extent', () => {
  recording = new Recording();
  expect(coverage(recording.db, window(0, 10)).extent).toBeUndefined();
});

test('gaps are those of the latest session in the window', () => {
  recording = new Recording(':memory:', { started_us: at(0), ended_us: at(100), alive_us: at(100) });
  recording.proof('fsync', 'msync', 'missing', 'of the first');
  const second = recording.session({ started_us: at(200), ended_us: null, alive_us: at(300) });
  recording.db
    .prepare("INSERT INTO coverage_record VALUES (?, 'fsync', 'msync', 'partial', 'of the second', NULL, 0)")
    .run(second);
  const reasons = (from: number, to: number) =>
    coverage(recording.db, window(from, to)).gaps.map(({ reason }) => reason);
  expect(reasons(0, 50)).toEqual(['of the first']);
  expect(reasons(0, 400)).toEqual(['of the second']);
  expect(reasons(250, 260)).toEqual(['of the second']);
  expect(reasons(400, 500)).toEqual([]);
});

test('names the containers of the window', () => {
  recording = demo();
  expect(containersSeen(recording.db, window(0, 5))).toEqual(['api', 'evil\n\u001b[31mred', 'redis']);
  expect(containersSeen(recording.db, window(20, 25))).toEqual([]);
});
