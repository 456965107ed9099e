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
/** A map of per-CPU values keeps a pointer to them in the entry. */
const AGGREGATES = /^\s*=\s*(count|sum|max|stats)\(/u;

type MapShape = { words: number; valueWords: number; isPerCpu: boolean };

/** Bytes of kernel memory that one more key costs. */
export function bytesPerKey(program: string, cpuCount: number): number {
  return [...shapesOf(program).values()].reduce((sum, { words, valueWords, isPerCpu }) => {
    const value = isPerCpu ? WORD_BYTES + cpuCount * valueWords * WORD_BYTES : valueWords * WORD_BYTES;
    return sum + ENTRY_BYTES + words * WORD_BYTES + value;
  }, 0);
}

/** Keys each map may have so that all maps of the program stay within `memoryBytes`; with many CPUs the fewest take more. */
export function keysWithin(program: string, cpuCount: number, memoryBytes: number): number {
  const forEntries = memoryBytes - MAP_BYTES * shapesOf(program).size;
  return Math.max(KEYS_MIN, Math.floor(forEntries / bytesPerKey(program, cpuCount)));
}

/** Fewer do not hold what a single busy interval needs. */
const KEYS_MIN = 512;

function shapesOf(program: string): Map<string, MapShape> {
  const shapes = new Map<string, MapShape>();
  // Before 0.18 a scalar takes as much as a map.
  for (const [name] of program.matchAll(/@\w+/gu)) {
    if (!shapes.has(name)) shapes.set(name, { words: 1, valueWords: 1, isPerCpu: false });
  }
  for (const { 0: name, index } of program.matchAll(/@\w+(?=\[)/gu)) {
    const end = closingBracket(program, index + name.length);
    const rest = program.slice(end + 1, end + 1 + 40);
    const shape = shapes.get(name) ?? { words: 1, valueWords: 1, isPerCpu: false };
    const aggregate = AGGREGATES.exec(rest)?.[1];
    const keys = program.slice(index + name.length + 1, end);
    shape.words = Math.max(shape.words, keys.split(',').length);
    if (aggregate !== undefined) shape.isPerCpu = true;
    if (aggregate === 'max' || aggregate === 'stats') shape.valueWords = 2;
    if (/^\s*=\s*\(\(uint64\)0,/u.test(rest)) shape.valueWords = 4;
    shapes.set(name, shape);
  }
  return shapes;
}

function closingBracket(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === '[') depth += 1;
    if (text[at] === ']') depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}
