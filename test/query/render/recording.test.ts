import { expect, test } from 'vitest';
import { readyLines, recordedLines } from '../../../src/query/render/recording.ts';

test('when recording begins, what is proven is told, and each gap', () => {
  const coverage = [
    { probe: 'fsync', subject: 'fsync', state: 'seen', reason: '', fix: null },
    { probe: 'fsync', subject: 'msync', state: 'seen', reason: '', fix: null },
    { probe: 'copy_up', subject: 'copy_up', state: 'missing', reason: 'no kprobes', fix: null },
  ] as const;
  expect(readyLines(coverage, 'Ctrl-C ends it.')).toEqual([
    'Recording (proven: fsync). Ctrl-C ends it.',
    'not covered: copy_up: no kprobes',
  ]);
  expect(readyLines([], 'Ctrl-C ends it.')).toEqual(['Recording (nothing proven). Ctrl-C ends it.']);
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
