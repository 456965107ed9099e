import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INFLIGHT_SLOT_US } from './inflight.ts';

/** What the programs in bpf/ leave open. */
export type ComposeOptions = {
  /** Fragments by file name in bpf/, in order. */
  readonly fragments: readonly string[];
  readonly intervalMs: number;
  readonly slowNs: number;
  readonly exemplarsPerSecond: number;
};

/** Maps that exist twice, `_a` and `_b`, and are emptied in turn. */
export const EPOCH_MAPS = ['latency', 'max', 'bucket', 'bytes', 'inner', 'errors'] as const;

/**
 * Names cross in pieces of this many bytes. bpftrace's own limit (BPFTRACE_STRLEN) must be three
 * more: from 0.18 on a longer string ends in `..`, written over its last two bytes. Longer pieces
 * exceed the 512-byte stack of 0.17.
 */
export const NAME_PIECE = 61;
export const STRING_LIMIT = NAME_PIECE + 3;

export const INTERRUPT_PREFIX = 'irq_';
const TICK_MS = 100;
const folder = join(dirname(fileURLToPath(import.meta.url)), '../../bpf');

/** One bpftrace program of all fragments: includes expanded, constants and the two map sets filled in. */
export function compose(options: ComposeOptions): string {
  const text = [
    expandIncludes('common/start.bt'),
    ...options.fragments.map((file) => expandEpochs(expandIncludes(file), familyOf(file))),
    expandPrints(expandIncludes('common/flush.bt'), familiesOf(options.fragments)),
  ].join('\n');
  const flushTicks = Math.max(3, Math.round(options.intervalMs / TICK_MS));
  const constants: Record<string, number> = {
    TICK_MS,
    FLUSH_TICKS: flushTicks,
    SLOW_NS: options.slowNs,
    // None at all is one in thirty years.
    EXEMPLAR_GAP_NS: options.exemplarsPerSecond > 0 ? Math.round(1e9 / options.exemplarsPerSecond) : 1e18,
    NAME_PIECE,
    INFLIGHT_SLOT_NS: INFLIGHT_SLOT_US * 1000,
  };
  const program = Object.entries(constants).reduce(
    (filled, [name, value]) => filled.replaceAll(name, value.toFixed(0)),
    declareState(text),
  );
  return forArchitecture(program);
}

/** System call functions and where they keep their arguments (arch/…/include/asm/syscall_wrapper.h). */
export function forArchitecture(program: string): string {
  const isArm = process.arch === 'arm64';
  return (
    program
      .replaceAll('SYSCALL_ARG0', isArm ? 'regs[0]' : 'di')
      .replaceAll('SYSCALL_ARG2', isArm ? 'regs[2]' : 'dx')
      // A call without arguments has no wrapper on x86: its two names are one function.
      .replaceAll('SYSCALL0_', isArm ? '__arm64_sys_' : '__do_sys_')
      .replaceAll('SYSCALL_', isArm ? '__arm64_sys_' : '__x64_sys_')
  );
}

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
  const states = new Set(text.match(/^STATE .+$/gmu));
  const declarations = [...states].map((state) => {
    const cell = state.slice('STATE '.length).replaceAll(/\b[a-z]+(?=[,\]])/gu, '(uint64)0');
    return `${cell} = (uint64)0; delete(${cell});`;
  });
  return text.replaceAll(/^STATE .+\n/gmu, '').replace('DECLARE_STATE', declarations.join('\n'));
}

/** Prefix of the maps a fragment counts in: block completions run in interrupts and have their own. */
function familyOf(file: string): string {
  return file.startsWith('block.') ? INTERRUPT_PREFIX : '';
}

function familiesOf(fragments: readonly string[]): string[] {
  return [...new Set(fragments.filter((file) => !file.startsWith('cgroup.')).map(familyOf))];
}

function expandEpochs(text: string, family: string): string {
  return text.replaceAll(/PER_EPOCH \{\n([\s\S]*?)\n\}/gu, (_, body: string) => {
    const [a, b] = ['a', 'b'].map((set) => body.replaceAll(/@(\w+)%\[/gu, `@${family}$1_${set}[`));
    return `if ($epoch == 0) {\n${a ?? ''}\n} else {\n${b ?? ''}\n}`;
  });
}

function expandPrints(text: string, families: readonly string[]): string {
  return text
    .replaceAll('PRINT_AND_CLEAR_A', printAndClear('a', families))
    .replaceAll('PRINT_AND_CLEAR_B', printAndClear('b', families));
}

function printAndClear(set: 'a' | 'b', families: readonly string[]): string {
  return families
    .flatMap((family) => EPOCH_MAPS.map((map) => `@${family}${map}_${set}`))
    .map((map) => `print(${map}); clear(${map});`)
    .join('\n');
}
