import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEnding } from '../../../src/daemon/bpftrace/drain.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function begun() {
  const seen = { asked: 0, interrupted: 0 };
  const control = {
    key: { token: 0, startTicks: 0, pid: 0 },
    setBudgets: () => undefined,
    makeReadyToEnd: () => {
      seen.asked += 1;
    },
  };
  const ending = createEnding(control, () => {
    seen.interrupted += 1;
  });
  ending.begin();
  return { seen, ending };
}

test('is interrupted after the third answer, each asked for when the one before had come', () => {
  const { seen, ending } = begun();
  expect(seen).toEqual({ asked: 1, interrupted: 0 });
  for (const asked of [2, 3]) {
    ending.answered();
    vi.advanceTimersByTime(50);
    expect(seen).toEqual({ asked, interrupted: 0 });
  }
  ending.answered();
  expect(seen).toEqual({ asked: 3, interrupted: 1 });
  vi.advanceTimersByTime(60_000);
  expect(seen).toEqual({ asked: 3, interrupted: 1 });
});

test('begins once', () => {
  const { seen, ending } = begun();
  ending.begin();
  expect(seen.asked).toBe(1);
});

test('without an answer it is asked again every second, and interrupted after ten', () => {
  const { seen } = begun();
  vi.advanceTimersByTime(9_999);
  expect(seen).toEqual({ asked: 10, interrupted: 0 });
  vi.advanceTimersByTime(1);
  expect(seen.interrupted).toBe(1);
});

test('nothing is asked of a bpftrace that is gone', () => {
  const { seen, ending } = begun();
  ending.over();
  vi.advanceTimersByTime(60_000);
  expect(seen).toEqual({ asked: 1, interrupted: 0 });
});
