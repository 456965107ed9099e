import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFile } from '../../package-file.ts';
import { keysWithin } from './map-memory.ts';
import { INFLIGHT_SLOT_US } from '../../schema/probes/block.ts';

/** What the programs in bpf/ leave open. */
export type ComposeOptions = {
  /** Fragments by file name in bpf/, in order. */
  readonly fragments: readonly string[];
  readonly intervalMs: number;
  readonly slowNs: number;
  readonly exemplarsPerSecond: number;
  readonly cpuCount: number;
  /** Kernel memory all maps may take. */
  readonly mapMemoryBytes: number;
  /** stats() is one entry of a map (bpftrace 0.18), not two. */
  readonly hasWideStats: boolean;
  /** A second CPU may count under a key that another makes at that moment: not with bpftrace 0.20 to 0.23. */
  readonly sharesNewKeys: boolean;
  /** Marks the system calls that change budgets while the program runs, see control.ts. */
  readonly controlToken: number;
};

/**
 * Maps that exist twice, `_a` and `_b`, and are printed and emptied in turn; `row` first, to which the others refer.
 * Besides, `number` finds a row's number again and is not printed: what it says, `row` says too; and `ops`, the
 * kernel's own count, is printed and never emptied.
 */
export const PRINTED_MAPS = ['row', 'count', 'latency', 'max', 'bucket', 'bytes', 'inner', 'errors'] as const;
export const EPOCH_MAPS = ['number', ...PRINTED_MAPS, 'ops'] as const;

/**
 * Names cross in pieces of this many bytes. bpftrace's own limit (BPFTRACE_STRLEN) must be three
 * more: from 0.18 on a longer string ends in `..`, written over its last two bytes. Longer pieces
 * exceed the 512-byte stack of 0.17.
 */
export const NAME_PIECE = 61;
export const STRING_LIMIT = NAME_PIECE + 3;

export const INTERRUPT_PREFIX = 'irq_';
const TICK_MS = 100;
const folder = packageFile('bpf');

/** A program and the number of keys each of its maps may have. */
export type Composed = { readonly program: string; readonly keysMax: number };

/** One bpftrace program of all fragments: includes expanded, constants and the two map sets filled in. */
export function compose(options: ComposeOptions): Composed {
  const text = [
    expandIncludes('common/start.bt'),
    ...options.fragments.map((file) => expandEpochs(expandIncludes(file), familyOf(file))),
    expandPrints(expandIncludes('common/flush.bt'), familiesOf(options.fragments)),
  ].join('\n');
  const counting = options.hasWideStats ? withoutCounts(text) : withoutStats(text);
  const declared = declareState(options.sharesNewKeys ? counting : withKeysFirst(counting));
  const keysMax = keysWithin(declared, options.cpuCount, options.mapMemoryBytes);
  const program = Object.entries(constantsOf(options, keysMax)).reduce(
    (filled, [name, value]) => filled.replaceAll(name, value.toFixed(0)),
    declared,
  );
  return { program: forArchitecture(program), keysMax };
}

/** stats() counts and sums in one map, where it takes one entry a key; before 0.18 it takes two. */
function withoutStats(text: string): string {
  return text.replaceAll(
    /(@\w*)latency(_[ab]\[.*\]) = stats\((.*)\);/gu,
    '$1count$2 = count(); $1latency$2 = sum($3);',
  );
}

function withoutCounts(text: string): string {
  return text.replaceAll(/print\(@\w*count_[ab]\); clear\(@\w*count_[ab]\);\n/gu, '');
}

/** Where the second CPU to make a key is refused, it adds nothing first: that may be refused. */
function withKeysFirst(text: string): string {
  return text.replaceAll(
    /(@[^;\s]+\[[^\]]*\]) = (?:count\(\)|sum\(([^;]*)\));/gu,
    (_, cell: string, amount = '(uint64)1') => `${cell} = sum((uint64)0); ${cell} = sum(${String(amount)});`,
  );
}

function constantsOf(options: ComposeOptions, keysMax: number): Record<string, number> {
  return {
    TICK_MS,
    // Half a tick early, so that the tick that is due is not one too early.
    FLUSH_US: (Math.max(3 * TICK_MS, options.intervalMs) - TICK_MS / 2) * 1000,
    SLOW_NS: options.slowNs,
    // None at all is one in thirty years.
    EXEMPLAR_GAP_NS: options.exemplarsPerSecond > 0 ? Math.round(1e9 / options.exemplarsPerSecond) : 1e18,
    NAME_PIECE,
    CPU_BITS: Math.ceil(Math.log2(Math.max(2, options.cpuCount))),
    // The rest of the keys is for rows beyond the bound.
    ROWS_MAX: Math.floor(keysMax * (3 / 4)),
    TOLD_MAX: Math.floor(keysMax * (3 / 4)),
    CONTROL_TOKEN: options.controlToken,
    INFLIGHT_SLOT_NS: INFLIGHT_SLOT_US * 1000,
  };
}

/** System call functions and where they keep their arguments (arch/…/include/asm/syscall_wrapper.h). */
export function forArchitecture(program: string): string {
  const isArm = process.arch === 'arm64';
  return (
    (isArm ? program.replaceAll(X86_CALLS, '') : program)
      .replaceAll('SYSCALL_ARG0', isArm ? 'regs[0]' : 'di')
      .replaceAll('SYSCALL_ARG2', isArm ? 'regs[2]' : 'dx')
      // A call without arguments has no wrapper on x86: its two names are one function.
      .replaceAll('SYSCALL0_', isArm ? '__arm64_sys_' : '__do_sys_')
      .replaceAll('SYSCALL_', isArm ? '__arm64_sys_' : '__x64_sys_')
      .replaceAll('O_DIRECT_FLAG', isArm ? '0x10000' : '0x4000')
  );
}

/** arm64 has no open and creat of their own. */
const X86_CALLS = /^tracepoint:syscalls:sys_(?:enter|exit)_(?:open|creat),\n/gmu;

function expandIncludes(file: string): string {
  const source = readFileSync(join(folder, file), 'utf8');
  return source
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('//'))
    .map((line) => {
      const included = /^\s*#include "(.+)"$/u.exec(line)?.[1];
      return included === undefined ? line : expandIncludes(join(dirname(file), included));
    })
    .join('\n');
}

function declareState(text: string): string {
  const states = [...new Set(text.match(/^STATE .+$/gmu))];
  const maps = states.filter((state) => state.includes('[')).map(declaration);
  const scalars = states.filter((state) => !state.includes('[')).map(declaration);
  return text
    .replaceAll(/^STATE .+\n/gmu, '')
    .replace(
      'DECLARE_MAPS',
      chunks(maps)
        .map((some) => `interval:s:86400 {\n${some.join('\n')}\n}`)
        .join('\n'),
    )
    .replace('DECLARE_SCALARS', scalars.join('\n'));
}

/** Half of the kernel's MAX_USED_MAPS. */
const MAPS_AT_ONCE = 32;

function chunks(items: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(items.length / MAPS_AT_ONCE) }, (_, index) =>
    items.slice(index * MAPS_AT_ONCE, (index + 1) * MAPS_AT_ONCE),
  );
}

/** `STATE @count`, `STATE @map[key, …]` or `STATE @map[key, …]: (part, …)`, as a statement that gives it its type. */
function declaration(state: string): string {
  const [, name = '', keys, parts] = /^STATE (@\w+)(\[.+?\])?(?:: (\(.+\)))?$/u.exec(state) ?? [];
  const zeros = (names: string): string => names.replaceAll(/\w+/gu, '(uint64)0');
  if (keys === undefined) return `${name} = (uint64)0;`;
  const cell = `${name}${zeros(keys)}`;
  return `${cell} = ${parts === undefined ? '(uint64)0' : zeros(parts)}; delete(${cell});`;
}

/** Prefix of the maps a fragment counts in: block completions run in interrupts and have their own. */
function familyOf(file: string): string {
  return file.startsWith('block.') ? INTERRUPT_PREFIX : '';
}

function familiesOf(fragments: readonly string[]): string[] {
  return [...new Set(fragments.filter((file) => !/^(?:cgroup|control)\./u.test(file)).map(familyOf))];
}

function expandEpochs(text: string, family: string): string {
  const inSet = (body: string, set: 'a' | 'b'): string => body.replaceAll(/@(\w+)%/gu, `@${family}$1_${set}`);
  return text
    .replaceAll(/^STATE .*%.*$/gmu, (state) => `${inSet(state, 'a')}\n${inSet(state, 'b')}`)
    .replaceAll(/PER_EPOCH \{\n([\s\S]*?)\n\}/gu, (_, body: string) => {
      return `if ($epoch == 0) {\n${inSet(body, 'a')}\n} else {\n${inSet(body, 'b')}\n}`;
    });
}

function expandPrints(text: string, families: readonly string[]): string {
  return text
    .replaceAll('PRINT_AND_CLEAR_A', printAndClear('a', families))
    .replaceAll('PRINT_AND_CLEAR_B', printAndClear('b', families));
}

function printAndClear(set: 'a' | 'b', families: readonly string[]): string {
  return families
    .flatMap((family) => [
      ...PRINTED_MAPS.map((map) => `@${family}${map}_${set}`).map((map) => `print(${map}); clear(${map});`),
      `clear(@${family}number_${set}); @${family}rows_${set} = (uint64)0; print(@${family}ops_${set});`,
    ])
    .join('\n');
}
