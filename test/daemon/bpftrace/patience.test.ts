import { expect, test } from 'vitest';
import { createPatience } from '../../../src/daemon/bpftrace/patience.ts';

/** What is said, by the second, of a start that uses so much CPU time: the first, as it ends the wait. */
function judged(cpuSecondsAt: (second: number) => number): { second: number; said: string } | undefined {
  const patience = createPatience({ atMs: 0, cpuMs: 0 });
  for (let second = 1; second <= 4000; second += 1) {
    const said = patience.judge({ atMs: second * 1000, cpuMs: cpuSecondsAt(second) * 1000 });
    if (said !== undefined) return { second, said };
  }
  return undefined;
}

test('a start that computes has an hour, however slow the machine is', () => {
  expect(judged((second) => second * 0.2)).toEqual({
    second: 3600,
    said: 'it had not attached its probes after 3600 s, of which it computed for 720 s',
  });
});

test('a start that does nothing has five minutes from when it last did something', () => {
  expect(judged((second) => Math.min(second, 400))).toEqual({
    second: 700,
    said: 'it had not attached its probes after 700 s, of which it computed for 400 s, and did nothing for the last 300 s',
  });
});

test('a start that never began has five minutes', () => {
  expect(judged(() => 0)?.second).toBe(300);
});
