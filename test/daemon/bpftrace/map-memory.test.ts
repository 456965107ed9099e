import { describe, expect, test } from 'vitest';
import { compose } from '../../../src/daemon/bpftrace/compose.ts';
import { bytesPerKey, keysWithin } from '../../../src/daemon/bpftrace/map-memory.ts';
import { probes } from '../../../src/schema/probes/index.ts';

/** /proc/PID/fdinfo of bpftrace 0.17 on 6.18 with 2 CPUs and maps of 8224 keys: memlock / max_entries. */
const MEASURED = [
  ['a number by a number', '@start[$task] = nsecs;', 96],
  ['a number by two', '@told[$mm, $tgid] = 1;', 104],
  ['a number by three', '@told[$dev, $ino, $hash] = 1;', 112],
  ['a number by seven', '@number[$a, $b, $c, $d, $e, $f, $g] = $row;', 144],
  ['a number by eight', '@row[$row, $a, $b, $c, $d, $e, $f, $g] = (uint64)1;', 152],
  ['four numbers by one', '@rw[(uint64)0] = ((uint64)0, (uint64)0, (uint64)0, (uint64)0);', 120],
  ['a count by a number', '@errors[$row] = count();', 112],
  ['a sum by a number', '@bytes[$row] = sum($size_bytes);', 112],
  ['a count by two', '@bytes[$op, $epoch] = count();', 120],
  ['a count by five', '@bucket[$op, $variant, $cgroup, $dev, $bucket] = count();', 144],
] as const;

test.each(MEASURED)('a key of %s costs what the kernel says', (_, program, bytes) => {
  expect(bytesPerKey(program, 2)).toBe(bytes);
});

test('a maximum is two words for each CPU, as its count of values is kept', () => {
  expect(bytesPerKey('@max[$row] = max($latency_ns);', 2)).toBe(112 + 2 * 8);
});

test('a key of many maps costs the sum of them, each map once', () => {
  const program =
    '@a[$x] = nsecs; if (@a[$x] > 5) { delete(@a[$x]); } @b[$x, $y] = count(); print(@b); clear(@b);';
  expect(bytesPerKey(program, 2)).toBe(96 + 120);
});

test('what a map counts in is there once for each possible CPU', () => {
  expect(bytesPerKey('@c[$x] = count();', 128) - bytesPerKey('@c[$x] = count();', 2)).toBe(126 * 8);
  expect(bytesPerKey('@c[$x] = nsecs;', 128)).toBe(bytesPerKey('@c[$x] = nsecs;', 2));
});

test('a key that is itself looked up in a map ends where it ends', () => {
  expect(bytesPerKey('@a[@b[$x], $y] = count();', 2)).toBe(120 + 96);
});

/** Memory of a program's maps as the kernel reckons it (kernel/bpf/hashtab.c). */
function memoryOf(program: string, keysMax: number, cpuCount: number): number {
  const buckets = 2 ** Math.ceil(Math.log2(keysMax));
  const mapCount = new Set(program.match(/@\w+/gu)).size;
  // bytesPerKey has 32 for the buckets, which never are more than twice the keys.
  return mapCount * (1040 + buckets * 16 - keysMax * 32) + keysMax * bytesPerKey(program, cpuCount);
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
    controlToken: 1,
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
    const { program, keysMax } = composed(cpuCount, mebibytes * 2 ** 20, hasWideStats);
    expect(memoryOf(program, keysMax, cpuCount)).toBeLessThanOrEqual(mebibytes * 2 ** 20);
    // And most of it is used.
    expect(memoryOf(program, keysMax, cpuCount)).toBeGreaterThan(0.8 * mebibytes * 2 ** 20);
  });
});

test('more memory is more keys, more CPUs are fewer', () => {
  const keys = (cpuCount: number, mebibytes: number) => composed(cpuCount, mebibytes * 2 ** 20, true).keysMax;
  expect(keys(2, 64)).toBeGreaterThan(keys(2, 32));
  expect(keys(2, 64)).toBeGreaterThan(keys(16, 64));
});

test('there are 512 keys at least, whatever they cost', () => {
  expect(keysWithin('@c[$x] = count();', 4096, 4 * 2 ** 20)).toBe(512);
});
