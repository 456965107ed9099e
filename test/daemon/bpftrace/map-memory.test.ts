import { describe, expect, test } from 'vitest';
import { compose } from '../../../src/daemon/bpftrace/compose.ts';
import type { Composed } from '../../../src/daemon/bpftrace/compose.ts';
import { bytesPerKey, keysWithin } from '../../../src/daemon/bpftrace/map-memory.ts';
import { probes } from '../../../src/schema/probes/index.ts';

/** /proc/PID/fdinfo of bpftrace 0.17 on 6.18 with 2 CPUs and maps of 8224 keys: memlock / max_entries. */
const MEASURED = [
  ['a number by a number', ['task'], 'number', 96],
  ['a number by two', ['mm', 'tgid'], 'number', 104],
  ['a number by three', ['dev', 'ino', 'hash'], 'number', 112],
  ['a number by seven', ['a', 'b', 'c', 'd', 'e', 'f', 'g'], 'number', 144],
  ['a number by eight', ['row', 'a', 'b', 'c', 'd', 'e', 'f', 'g'], 'number', 152],
  ['four numbers by one', ['task'], ['start', 'file', 'bytes', 'sleeps'], 120],
  ['a count by a number', ['row'], 'count', 112],
  ['a sum by a number', ['row'], 'sum', 112],
  ['a count by two', ['op', 'epoch'], 'count', 120],
  ['a count by five', ['op', 'variant', 'cgroup', 'dev', 'bucket'], 'count', 144],
] as const;

test.each(MEASURED)('a key of %s costs what the kernel says', (_, keys, value, bytes) => {
  expect(bytesPerKey([{ keys, value }], 2)).toBe(bytes);
});

test('a maximum is two words for each CPU, as its count of values is kept', () => {
  expect(bytesPerKey([{ keys: ['row'], value: 'max' }], 2)).toBe(112 + 2 * 8);
});

test('a key of many maps costs the sum of them', () => {
  const maps = [
    { keys: ['x'], value: 'number' },
    { keys: ['x', 'y'], value: 'count' },
  ] as const;
  expect(bytesPerKey(maps, 2)).toBe(96 + 120);
});

test('what a map counts in is there once for each possible CPU', () => {
  const bytes = (value: 'count' | 'number', cpuCount: number) =>
    bytesPerKey([{ keys: ['x'], value }], cpuCount);
  expect(bytes('count', 128) - bytes('count', 2)).toBe(126 * 8);
  expect(bytes('number', 128)).toBe(bytes('number', 2));
});

/** Memory of a program's maps as the kernel reckons it (kernel/bpf/hashtab.c). */
function memoryOf({ maps, keysMax }: Composed, cpuCount: number): number {
  const buckets = 2 ** Math.ceil(Math.log2(keysMax));
  // bytesPerKey has 32 for the buckets, which never are more than twice the keys.
  return maps.length * (1040 + buckets * 16 - keysMax * 32) + keysMax * bytesPerKey(maps, cpuCount);
}

const composed = (cpuCount: number, mapMemoryBytes: number, hasWideStats: boolean) =>
  compose({
    fragments: probes.map(({ fragments }) => fragments[0]!.file),
    intervalMs: 5000,
    slowNs: 1e7,
    exemplarsPerSecond: 50,
    cpuCount,
    mapMemoryBytes,
    hasWideStats,
    sharesNewKeys: true,
    control: { token: 1, startTicks: 123, pid: 456 },
  });

test('all maps of a program are reckoned with', () => {
  const { program, maps } = composed(2, 2 ** 26, false);
  expect(maps.map(({ name }) => `@${name}`).toSorted()).toEqual(
    [...new Set(program.match(/@\w+/gu))].toSorted(),
  );
});

describe.each([
  [2, 8],
  [2, 64],
  [8, 64],
  [64, 64],
  [128, 64],
  [512, 256],
])('on %i CPUs all maps stay within %i MiB', (cpuCount, mebibytes) => {
  test.each([true, false])('stats() as one map: %s', (hasWideStats) => {
    const memory = memoryOf(composed(cpuCount, mebibytes * 2 ** 20, hasWideStats), cpuCount);
    expect(memory).toBeLessThanOrEqual(mebibytes * 2 ** 20);
    // And most of it is used.
    expect(memory).toBeGreaterThan(0.8 * mebibytes * 2 ** 20);
  });
});

test('more memory is more keys, more CPUs are fewer', () => {
  const keys = (cpuCount: number, mebibytes: number) => composed(cpuCount, mebibytes * 2 ** 20, true).keysMax;
  expect(keys(2, 64)).toBeGreaterThan(keys(2, 32));
  expect(keys(2, 64)).toBeGreaterThan(keys(16, 64));
});

test('there are 512 keys at least, whatever they cost', () => {
  expect(keysWithin([{ keys: ['x'], value: 'count' }], 4096, 4 * 2 ** 20)).toBe(512);
});
