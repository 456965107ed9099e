import { expect, test } from 'vitest';
import type { CoverageLine } from '../../../src/daemon/contract.ts';
import { onePerSubject } from '../../../src/daemon/canary/coverage.ts';

const line = (probe: string, subject: string, state: CoverageLine['state'], reason = ''): CoverageLine => ({
  probe,
  subject,
  state,
  reason,
  fix: null,
});

test('a kind that reads and writes share is seen when either is', () => {
  const lines = [line('file_io', 'waited', 'seen'), line('file_io', 'waited', 'unproven')];
  expect(onePerSubject(lines)).toEqual([line('file_io', 'waited', 'seen')]);
  expect(onePerSubject(lines.toReversed())).toEqual([line('file_io', 'waited', 'seen')]);
});

test('what is known to be missing is not listed as untried as well', () => {
  const missing = line('throttle', 'throttle_block', 'missing', 'needs raw tracepoints');
  expect(onePerSubject([line('throttle', 'throttle_block', 'unproven'), missing])).toEqual([missing]);
});

test('probes keep their own subjects of the same name', () => {
  const lines = [line('fsync', 'io_uring', 'seen'), line('file_io', 'io_uring', 'unproven')];
  expect(onePerSubject(lines)).toEqual(lines);
});
