import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  compose,
  EPOCH_MAPS,
  forArchitecture,
  INTERRUPT_PREFIX,
  NAME_PIECE,
  STRING_LIMIT,
} from '../../src/daemon/compose.ts';
import { cgroupFragments } from '../../src/schema/probes/cgroup.ts';
import { probes } from '../../src/schema/probes/index.ts';

const options = { intervalMs: 5000, slowNs: 10_000_000, exemplarsPerSecond: 50 };
const families = [...probes.map(({ fragments }) => fragments), cgroupFragments].map((fragments) =>
  fragments.map(({ file }) => file),
);

/** Every program that a plan can ask for: one fragment of each probe. */
const programs = families
  .reduce<string[][]>((chosen, files) => chosen.flatMap((some) => files.map((file) => [...some, file])), [[]])
  .map((fragments) => [fragments.join(' '), compose({ ...options, fragments })] as const);

/** Block requests complete in interrupts, which must not find their maps locked by what they interrupt. */
const OWN = EPOCH_MAPS.map((map) => `@${map}`);
const INTERRUPTS = EPOCH_MAPS.map((map) => `@${INTERRUPT_PREFIX}${map}`);
const MAPS = [...OWN, ...INTERRUPTS].map((map) => map.slice(1));
const COUNTING = /if \(\$epoch == 0\) \{\n([\s\S]*?)\n\} else \{\n([\s\S]*?)\n\}/gu;

const count = (text: string, part: string): number => text.split(part).length - 1;

/** The body of the block that begins with `opening {` or `opening /…/ {`. */
function blockAt(text: string, opening: string): string {
  const at = text.indexOf(`${opening} `);
  const start = at + /^[^/{]*(?:\/.*\/ )?\{/u.exec(text.slice(at))![0].length;
  let depth = 1;
  let end = start;
  for (; depth > 0; end += 1) depth += text[end] === '{' ? 1 : text[end] === '}' ? -1 : 0;
  return text.slice(start, end - 1);
}

test('there are as many programs as ways to choose', () => {
  expect(programs.length).toBe(families.reduce((product, { length }) => product * length, 1));
});

describe.each(programs)('the program of %s', (_, program) => {
  test('has nothing left to expand', () => {
    const words = new Set(program.match(/\b[A-Z][A-Z0-9_]{2,}/gu));
    expect([...words].toSorted()).toEqual(['BEGIN', 'END']);
    expect(program).not.toMatch(/#include|\/\/|@\w+%|%\[|undefined|NaN|Infinity/u);
  });

  test('closes every brace and parenthesis', () => {
    for (const [open, close] of ['{}', '()', '[]'] as const) {
      expect([open, count(program, open!)]).toEqual([open, count(program, close!)]);
    }
  });

  test('hooks no function twice: a kretprobe would not know its kprobe', () => {
    const hooks = [...program.matchAll(/^(?:interval|k\w+):\S+/gmu)].map(([hook]) => hook);
    expect(hooks.length).toBeGreaterThan(0);
    expect(hooks).toEqual([...new Set(hooks)]);
  });

  test('writes every map that it reads', () => {
    const used = new Set(program.match(/@\w+/gu));
    const written = new Set([...program.matchAll(/(@\w+)(?:\[[^\]]*\])? = /gu)].map(([, map]) => map!));
    expect([...used].filter((map) => !written.has(map))).toEqual([]);
  });

  test('gives each map of a probe’s state its type before the first use', () => {
    const start = blockAt(program, 'BEGIN');
    const states = [...program.matchAll(/delete\((@\w+)\[/gu)].map(([, map]) => map!);
    expect(states.length).toBeGreaterThan(0);
    for (const map of new Set(states)) expect(start).toContain(`${map}[(uint64)0`);
    for (const [declared, map] of start.matchAll(/(@\w+\[[^\]]*\]) = \(uint64\)0;/gu)) {
      expect(start).toContain(`${declared} delete(${map!});`);
    }
  });

  test('prints and clears each map of a set, in that order, once an interval', () => {
    const interval = blockAt(program, 'interval:ms:100');
    for (const map of MAPS) {
      for (const name of [`@${map}_a`, `@${map}_b`]) {
        expect([name, count(interval, `print(${name}); clear(${name});`)]).toEqual([name, 1]);
        expect([name, count(program, `print(${name})`), count(program, `clear(${name})`)]).toEqual([
          name,
          1,
          1,
        ]);
      }
    }
  });

  test('leaves the last totals to bpftrace, which prints every map when it ends', () => {
    const end = blockAt(program, 'END');
    expect(end.match(/print\([^(].*?\)/gu)).toBeNull();
    expect(end.match(/clear\(@\w+\)/gu)).toEqual(['clear(@told_file)', 'clear(@told_process)']);
  });

  test('empties the set that no probe writes any more', () => {
    const interval = blockAt(program, 'interval:ms:100');
    const whileB = blockAt(interval, 'if (@epoch == 1)');
    const whileA = blockAt(interval.slice(interval.indexOf(whileB) + whileB.length), 'else');
    expect([...new Set(whileB.match(/@\w+_[ab]\b/gu))]).toEqual(MAPS.map((map) => `@${map}_a`));
    expect([...new Set(whileA.match(/@\w+_[ab]\b/gu))]).toEqual(MAPS.map((map) => `@${map}_b`));
  });

  test('writes set a while @epoch is 0 and set b while it is 1, alike', () => {
    const counting = [...program.matchAll(COUNTING)];
    expect(counting.length).toBe(count(program, '@epoch;'));
    for (const [, setA, setB] of counting) {
      expect([OWN, INTERRUPTS]).toContainEqual([...new Set(setA!.match(/@\w+(?=_a\[)/gu))]);
      expect(setB).toBe(setA!.replaceAll('_a[', '_b['));
    }
  });

  test('counts what completes in interrupts in maps of its own', () => {
    const hooks = [...program.matchAll(/^(?:tracepoint|rawtracepoint|k\w+):\S+/gmu)];
    const written = hooks.flatMap(({ 0: hook, index }) =>
      [...blockAt(program.slice(index), hook).matchAll(COUNTING)].map(([, setA]) => ({
        hook,
        maps: [...new Set(setA!.match(/@\w+(?=_a\[)/gu))],
      })),
    );
    expect(written.length).toBe(count(program, '@epoch;'));
    expect(written).toEqual(
      written.map(({ hook }) => ({ hook, maps: /block_\w+_complete|blk_/u.test(hook) ? INTERRUPTS : OWN })),
    );
  });
});

test('state is declared in BEGIN, where it leaves nothing behind', () => {
  const program = compose({ ...options, fragments: ['copy_up.kfunc.bt'] });
  expect(blockAt(program, 'BEGIN')).toMatchInlineSnapshot(`
    "
      @exemplar_token[(uint64)0] = (uint64)0; delete(@exemplar_token[(uint64)0]);
    @told_file[(uint64)0, (uint64)0, (uint64)0] = (uint64)0; delete(@told_file[(uint64)0, (uint64)0, (uint64)0]);
    @told_process[(uint64)0, (uint64)0] = (uint64)0; delete(@told_process[(uint64)0, (uint64)0]);
    @copy_up_start[(uint64)0] = (uint64)0; delete(@copy_up_start[(uint64)0]);
    @copy_up_size[(uint64)0] = (uint64)0; delete(@copy_up_size[(uint64)0]);
    @copy_up_dentry[(uint64)0] = (uint64)0; delete(@copy_up_dentry[(uint64)0]);
      @epoch = (uint64)0;
      @tick = (uint64)0;
      @flush = (uint64)0;
      @started_us = (uint64)0;
      @turned_us = (uint64)nsecs / 1000;
      print(("ready", (uint64)nsecs / 1000));
    "
  `);
});

test('a state that two fragments share is declared once', () => {
  const program = compose({ ...options, fragments: ['block.rawtracepoint.bt', 'block.kfunc.bt'] });
  expect(count(blockAt(program, 'BEGIN'), '@block_start[(uint64)0] = ')).toBe(1);
});

test('an interval is a whole number of ticks, three at least', () => {
  const ticks = (intervalMs: number) =>
    /@tick % (\d+)/u.exec(compose({ ...options, intervalMs, fragments: [] }))?.[1];
  expect([100, 299, 300, 1000, 1049, 5000, 3_600_000].map(ticks)).toEqual([
    '3',
    '3',
    '3',
    '10',
    '10',
    '50',
    '36000',
  ]);
});

test('the limits of exemplars stand in the program', () => {
  const program = compose({
    ...options,
    slowNs: 2_500_000,
    exemplarsPerSecond: 20,
    fragments: ['copy_up.kfunc.bt'],
  });
  expect(program).toContain('if ($latency_ns >= 2500000 || $error > 0 || $rare > 0)');
  expect(program).toContain('@exemplar_token[$op] = $token_ns + 50000000;');
});

test('system calls have the names and registers of the machine', () => {
  const text = 'kprobe:SYSCALL_fsync kprobe:SYSCALL0_sync $call->SYSCALL_ARG0 $call->SYSCALL_ARG2';
  const expected: Partial<Record<NodeJS.Architecture, string>> = {
    x64: 'kprobe:__x64_sys_fsync kprobe:__do_sys_sync $call->di $call->dx',
    arm64: 'kprobe:__arm64_sys_fsync kprobe:__arm64_sys_sync $call->regs[0] $call->regs[2]',
  };
  expect(forArchitecture(text)).toBe(expected[process.arch]);
});

test('a piece of a name is whole before bpftrace writes its `..`, and fits the stack of 0.17', () => {
  expect(STRING_LIMIT - 1 - '..'.length).toBe(NAME_PIECE);
  expect(STRING_LIMIT).toBeLessThanOrEqual(64);
});

test('each file of bpf/common is included somewhere', () => {
  const files = readdirSync('bpf', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.bt'),
  );
  const included = files.flatMap((name) =>
    [...readFileSync(`bpf/${name}`, 'utf8').matchAll(/^\s*#include "(?:common\/)?(.+)"$/gmu)].map(
      ([, file]) => file,
    ),
  );
  const composed = ['start.bt', 'flush.bt'];
  const common = files
    .filter((name) => name.startsWith('common/'))
    .map((name) => name.slice('common/'.length));
  expect(common.filter((name) => !included.includes(name) && !composed.includes(name))).toEqual([]);
});
