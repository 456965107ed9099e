import { expect, test } from 'vitest';
import { createBackoff } from '../../src/daemon/backoff.ts';

test('bpftrace is started again later each time, a minute at most, and soon after a capture that lasted', () => {
  const backoff = createBackoff();
  const waits = Array.from({ length: 8 }, () => backoff.next(10));
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect([backoff.next(300_000), backoff.next(10)]).toEqual([1000, 2000]);
});
