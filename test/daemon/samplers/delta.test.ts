import { expect, test } from 'vitest';
import { createMemory, delta, delta32, deltaOrNull } from '../../../src/daemon/samplers/counters/delta.ts';

test('a 32-bit counter that wrapped grew by what is on both sides of the wrap', () => {
  expect(delta32(5, 2 ** 32 - 3)).toBe(8);
  expect(delta32(7, 7)).toBe(0);
});

test('a counter smaller than before began anew, and all it has is growth', () => {
  expect(delta(10, 4)).toBe(6);
  expect(delta(3, 4)).toBe(3);
  expect(deltaOrNull(3, undefined)).toBeNull();
});

test('the first look compares with nothing; what appears later began at its birth', () => {
  const memory = createMemory<string, number>();
  const look = (values: Record<string, number>) =>
    memory.compare(
      new Map(Object.entries(values)),
      (now, before) => now - before,
      () => 0,
    );
  expect(look({ a: 100 })).toEqual([]);
  expect(look({ a: 103, b: 7 })).toEqual([3, 7]);
});

test('what could not be read for a round goes on from where it was; after twelve rounds it is new', () => {
  const memory = createMemory<string, number>();
  const look = (values: Record<string, number>) =>
    memory.compare(
      new Map(Object.entries(values)),
      (now, before) => now - before,
      () => 0,
    );
  look({ a: 100 });
  look({});
  expect(look({ a: 105 })).toEqual([5]);
  for (let round = 0; round < 13; round += 1) look({});
  expect(look({ a: 200 })).toEqual([200]);
});
