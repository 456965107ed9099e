import { expect, test } from 'vitest';
import { readyLines, recordedLines } from '../../../src/query/render/recording.ts';

test('when recording begins, what is recorded is named, and in a line what is not', () => {
  const coverage = [
    { probe: 'fsync', subject: 'fsync', state: 'seen', reason: '', fix: null },
    { probe: 'fsync', subject: 'syncfs', state: 'unproven', reason: 'not tried at start', fix: null },
    { probe: 'copy_up', subject: 'copy_up', state: 'missing', reason: 'no kprobes', fix: 'another kernel' },
    { probe: 'block', subject: 'owner', state: 'partial', reason: 'no fentry', fix: 'another bpftrace' },
  ] as const;
  expect(readyLines(coverage, '/tmp/a.db', 'Ctrl-C ends it.')).toEqual([
    'Recording fsync, block into /tmp/a.db. Ctrl-C ends it.',
    'Not covered: copy_up. In part: block. Why, and what to do about it: iotrace status',
  ]);
  expect(readyLines(coverage.slice(1, 2), '/tmp/a.db', 'Ctrl-C ends it.')).toEqual([
    'Recording fsync into /tmp/a.db. Ctrl-C ends it.',
    'None of it was seen when tried at start: sudo iotrace doctor',
  ]);
});

test('when it ends, what was recorded and lost is told', () => {
  const recorded = { databasePath: '/tmp/a.db', durationMs: 30_000, endedHow: 'time is over' };
  expect(
    recordedLines({
      ...recorded,
      operations: [
        { op: 'fsync', op_count: 72 },
        { op: 'copy_up', op_count: 0 },
        { op: 'block_write', op_count: 1_400_000 },
      ],
      losses: [{ kind: 'records_lost', lost_count: 3 }],
    }),
  ).toEqual([
    'Recorded 30 s into /tmp/a.db: fsync 72, block_write 1.40 M. Ended: time is over.',
    "lost: records_lost 3 (of bpftrace's output)",
  ]);
  expect(recordedLines({ ...recorded, operations: [], losses: [] })).toEqual([
    'Recorded 30 s into /tmp/a.db: no operation happened. Ended: time is over.',
  ]);
});
