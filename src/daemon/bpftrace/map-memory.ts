import type { MapDeclaration } from './dialect/syntax.ts';

/**
 * Kernel memory of a program's maps. bpftrace gives every map the same number of keys and has the kernel
 * allocate them at once: a key costs its entry in every map, times the CPUs in those that count.
 */

/**
 * Bytes of an entry beside key and value: 48 of struct htab_elem, and a part of the table of buckets of 16,
 * whose number is the next power of two; so 64 to 80 (/proc/PID/fdinfo says what it comes to).
 */
const ENTRY_BYTES = 80;
/** Of a map without entries. */
const MAP_BYTES = 1040;
const WORD_BYTES = 8;

/** A map as the kernel has it. */
export type MapShape = Pick<MapDeclaration, 'keys' | 'value'>;

/** Bytes of kernel memory that one more key in each of these maps costs. */
export const bytesPerKey = (maps: readonly MapShape[], cpuCount: number): number =>
  maps.reduce((sum, map) => sum + entryBytes(map, cpuCount), 0);

function entryBytes({ keys, value }: MapShape, cpuCount: number): number {
  // Before 0.18 a scalar takes as much as a map.
  const keyBytes = Math.max(1, keys.length) * WORD_BYTES;
  return ENTRY_BYTES + keyBytes + valueBytes(value, cpuCount);
}

function valueBytes(value: MapShape['value'], cpuCount: number): number {
  switch (value) {
    case 'number':
      return WORD_BYTES;
    // A map of per-CPU values keeps a pointer to them in the entry.
    case 'count':
    case 'sum':
      return WORD_BYTES + cpuCount * WORD_BYTES;
    // Beside the value, how many there were.
    case 'max':
    case 'stats':
      return WORD_BYTES + cpuCount * 2 * WORD_BYTES;
    default:
      return value.length * WORD_BYTES;
  }
}

/** Keys each map may have so that all of them stay within `memoryBytes`; with many CPUs the fewest take more. */
export function keysWithin(maps: readonly MapShape[], cpuCount: number, memoryBytes: number): number {
  const forEntries = memoryBytes - MAP_BYTES * maps.length;
  return Math.max(KEYS_MIN, Math.floor(forEntries / bytesPerKey(maps, cpuCount)));
}

/** Fewer do not hold what a single busy interval needs. */
const KEYS_MIN = 512;
