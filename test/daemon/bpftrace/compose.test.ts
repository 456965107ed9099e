import { describe, expect, test } from 'vitest';
import { compose } from '../../../src/daemon/bpftrace/compose.ts';
import { NAME_PIECE, STRING_LIMIT } from '../../../src/daemon/bpftrace/constants.ts';
import { parse } from '../../../src/daemon/bpftrace/dialect/parser.ts';
import { printExpression, printStatements } from '../../../src/daemon/bpftrace/dialect/print.ts';
import type { Statement } from '../../../src/daemon/bpftrace/dialect/syntax.ts';
import { visitStatements } from '../../../src/daemon/bpftrace/dialect/walk.ts';
import { attachables } from '../../../src/schema/probes/index.ts';

/** What is printed and emptied of a set of maps, in this order: rows first, to which the others refer. */
const PRINTED_MAPS = ['row', 'count', 'latency', 'max', 'bucket', 'bytes', 'inner', 'errors'];
/** And what is not: by `number` a row is found again, `ops` is the kernel’s own count. */
const EPOCH_MAPS = ['number', ...PRINTED_MAPS, 'ops'];
const INTERRUPT_PREFIX = 'irq_';

const options = {
  intervalMs: 5000,
  slowNs: 10_000_000,
  exemplarsPerSecond: 50,
  cpuCount: 2,
  mapMemoryBytes: 64 * 2 ** 20,
  hasWideStats: true,
  sharesNewKeys: true,
  control: { token: 4_194_304, startTicks: 123, pid: 456 },
};
/** Composed, each line break and indentation one space. */
const programOf = (fragments: readonly string[], more: Partial<typeof options> = {}): string =>
  flat(compose({ ...options, ...more, fragments }).program);
const flat = (text: string): string => text.replaceAll(/\s+/gu, ' ');

const families = attachables.map(({ fragments }) => fragments.map(({ file }) => file));

/** Every choice that a plan can make: one fragment of each probe. */
const choices = families.reduce<string[][]>(
  (chosen, files) => chosen.flatMap((some) => files.map((file) => [...some, file])),
  [[]],
);

const pairsOf = (fragments: readonly string[]): string[] =>
  fragments.flatMap((one, index) => fragments.slice(index + 1).map((other) => `${one} ${other}`));

/** Some of them, in which every two fragments meet that can. */
function cover(): string[][] {
  const left = new Set(choices.flatMap(pairsOf));
  const kept: string[][] = [];
  while (left.size > 0) {
    const news = (choice: readonly string[]) => pairsOf(choice).filter((pair) => left.has(pair)).length;
    const best = choices.reduce((one, other) => (news(other) > news(one) ? other : one));
    for (const pair of pairsOf(best)) left.delete(pair);
    kept.push(best);
  }
  return kept;
}
const covering = cover();

const programs = covering.flatMap((fragments) =>
  [true, false].map(
    (hasWideStats) =>
      [
        `${fragments.join(' ')}, stats ${hasWideStats ? 'wide' : 'split'}`,
        programOf(fragments, { hasWideStats }),
        hasWideStats,
      ] as const,
  ),
);

/** stats() is one map, or count() and sum() in two. */
const mapsOf = (hasWideStats: boolean, maps: readonly string[]): string[] =>
  maps.filter((map) => map !== 'count' || !hasWideStats);
/** Block requests complete in interrupts, which must not find their maps locked by what they interrupt. */
const bothFamilies = (maps: readonly string[]): string[] => [
  ...maps.map((map) => `@${map}`),
  ...maps.map((map) => `@${INTERRUPT_PREFIX}${map}`),
];
/** What is done while the one set is written, and while the other is. */
function countingIn(statements: readonly Statement[]): [setA: string, setB: string][] {
  const found: [string, string][] = [];
  visitStatements(statements, (statement) => {
    if (statement.kind !== 'if' || !/^\$epoch\w* == 0$/u.test(printExpression(statement.condition))) return;
    found.push([printStatements(statement.then, ''), printStatements(statement.otherwise, '')]);
  });
  return found;
}

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

/** Per counting: what a row stands for, what the exemplar says instead, and what was assigned in between. */
function countedAndSent(statements: readonly Statement[]) {
  const order: Statement[] = [];
  visitStatements(statements, (statement) => void order.push(statement));
  const targets = order.map((statement) =>
    statement.kind === 'assign' ? flat(printExpression(statement.target)) : '',
  );
  const rows = targets.flatMap((target, at) => (/^@(?:irq_)?number_a\[/u.test(target) ? at : []));
  return rows.map((at) => {
    const counted = targets[at]!.slice(targets[at]!.indexOf('[') + 1, -1).split(', ');
    const end = order.findIndex(
      (statement, index) =>
        index > at &&
        statement.kind === 'run' &&
        printExpression(statement.call).startsWith('print(("slow", '),
    );
    const print = order[end];
    const fields = print?.kind === 'run' ? printExpression(print.call).split(', ').slice(1) : [];
    const [op, variant, , cgroup, tgid, , , dev, ino, hash] = fields;
    const between = targets.slice(at, end);
    return {
      counted,
      sent: [op, variant, cgroup, tgid, dev, ino, hash],
      changed: counted.filter((name) => between.includes(name)),
    };
  });
}

/** The probes of a program. */
const probesOf = (program: string) =>
  parse('program', program).probes.map(({ attachPoints, predicate, body }) => ({
    hooks: attachPoints,
    predicate: predicate ? printExpression(predicate) : '',
    statements: body,
    body: flat(printStatements(body, '')),
  }));

test('every two fragments that can run together do in one of the programs', () => {
  const met = new Set(covering.flatMap(pairsOf));
  expect([...new Set(choices.flatMap(pairsOf))].filter((pair) => !met.has(pair))).toEqual([]);
  expect(choices.length).toBe(families.reduce((product, { length }) => product * length, 1));
});

describe.each(programs)('the program of %s', (_, program, hasWideStats) => {
  const printed = bothFamilies(mapsOf(hasWideStats, PRINTED_MAPS));
  const counted = mapsOf(hasWideStats, EPOCH_MAPS);

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

  test('hooks no function twice on the same condition: a kretprobe would not know its kprobe', () => {
    const hooks = probesOf(program)
      .flatMap((probe) => probe.hooks.map((hook) => `${hook} ${probe.predicate}`))
      .filter((hook) => /^k\w+:/u.test(hook));
    expect(hooks.length).toBeGreaterThan(0);
    expect(hooks).toEqual([...new Set(hooks)]);
  });

  test('writes every map that it reads', () => {
    const used = new Set(program.match(/@\w+/gu));
    const written = new Set([...program.matchAll(/(@\w+)(?:\[[^\]]*\])? = /gu)].map(([, map]) => map!));
    expect([...used].filter((map) => !written.has(map))).toEqual([]);
  });

  test('gives each map of a probe’s state its type before the first use', () => {
    const start = program.slice(0, program.indexOf('BEGIN {'));
    const states = [...program.matchAll(/delete\((@\w+)\[/gu)].map(([, map]) => map!);
    expect(states.length).toBeGreaterThan(0);
    for (const map of new Set(states)) expect(start).toContain(`${map}[(uint64)0`);
    for (const [declared, map] of start.matchAll(/(@\w+\[[^\]]*\]) = [^;]+;/gu)) {
      expect(start).toContain(`${declared} delete(${map!});`);
    }
  });

  test('uses no more than 64 maps in one program, the most the kernel takes', () => {
    for (const { hooks, body } of probesOf(program)) {
      const used = new Set(body.replaceAll(/(?:print|clear)\(@\w+\)/gu, '').match(/@\w+/gu));
      expect([hooks[0], used.size <= 64]).toEqual([hooks[0], true]);
    }
  });

  test('prints and clears each map of a set, in that order, once an interval', () => {
    const interval = blockAt(program, 'interval:ms:100');
    for (const name of printed.flatMap((map) => [`${map}_a`, `${map}_b`])) {
      expect([name, count(interval, `print(${name}); clear(${name});`)]).toEqual([name, 1]);
      expect([name, count(program, `print(${name})`), count(program, `clear(${name})`)]).toEqual([
        name,
        1,
        1,
      ]);
    }
  });

  test('forgets the numbers of rows after all that is counted by them was printed, and starts them anew', () => {
    const interval = blockAt(program, 'interval:ms:100');
    for (const family of ['@', `@${INTERRUPT_PREFIX}`]) {
      for (const set of ['a', 'b']) {
        const forgotten = interval.indexOf(
          `clear(${family}number_${set}); ${family}rows_${set} = (uint64)0;`,
        );
        const prints = mapsOf(hasWideStats, PRINTED_MAPS).map((map) =>
          interval.indexOf(`print(${family}${map}_${set})`),
        );
        expect(Math.min(...prints)).toBeGreaterThan(0);
        expect(forgotten).toBeGreaterThan(Math.max(...prints));
      }
    }
    expect(program).not.toMatch(/print\(@\w*number_/u);
  });

  test('prints the kernel’s own count after what is held against it, and never clears it', () => {
    const interval = blockAt(program, 'interval:ms:100');
    for (const name of bothFamilies(['ops_a', 'ops_b'])) {
      const latency = name.replace('ops', 'latency');
      expect(interval.indexOf(`print(${name})`)).toBeGreaterThan(interval.indexOf(`print(${latency})`));
      expect([name, count(program, `print(${name})`), count(program, `clear(${name})`)]).toEqual([
        name,
        1,
        0,
      ]);
    }
  });

  test('leaves the last totals to bpftrace, which prints every map when it ends', () => {
    const end = blockAt(program, 'END');
    expect(end.match(/print\([^(].*?\)/gu)).toBeNull();
    expect(end.match(/clear\(@\w+\)/gu)).toEqual(['clear(@reported_file)', 'clear(@reported_process)']);
  });

  test('empties the set that no probe writes any more', () => {
    const interval = blockAt(program, 'interval:ms:100');
    const whileB = blockAt(interval, 'if ($idle == 0)');
    const whileA = blockAt(interval.slice(interval.indexOf(whileB) + whileB.length), 'else');
    const maps = bothFamilies([...counted, 'rows']);
    const emptied = (text: string) => [...new Set(text.match(/@\w+_[ab]\b/gu))].toSorted();
    expect(emptied(whileB)).toEqual(maps.map((map) => `${map}_a`).toSorted());
    expect(emptied(whileA)).toEqual(maps.map((map) => `${map}_b`).toSorted());
  });

  const mapsIn = (text: string): string[] => [...new Set(text.match(/@\w+(?=_a\b)/gu))];

  test('writes set a while @epoch is 0 and set b while it is 1, alike', () => {
    const counting = countingIn(probesOf(program).flatMap(({ statements }) => statements));
    // Which row, and what is counted in it.
    expect(counting.length).toBe(2 * count(program, '@epoch;'));
    for (const [setA, setB] of counting) expect(setB).toBe(setA.replaceAll(/_a\b/gu, '_b'));
  });

  test('gives an exemplar the very operation, owner and file that are counted', () => {
    const counting = probesOf(program)
      .filter(({ body }) => body.includes('@epoch;'))
      .flatMap(({ hooks: [hook], statements }) =>
        countedAndSent(statements).map((each) => ({ hook, ...each })),
      );
    expect(counting.length).toBe(count(program, '@epoch;'));
    for (const { hook, counted: row, sent, changed } of counting) {
      expect([hook, sent, changed]).toEqual([hook, row, []]);
    }
  });

  test('counts what completes in interrupts in maps of its own', () => {
    const written = probesOf(program)
      .filter(({ body }) => body.includes('@epoch;'))
      .map(({ hooks: [hook], statements }) => ({
        hook,
        maps: mapsIn(
          countingIn(statements)
            .map(([setA]) => setA)
            .join('\n'),
        ),
      }));
    expect(written.length).toBe(count(program, '@epoch;'));
    const all = [...counted, 'rows'];
    expect(written.map(({ hook, maps }) => ({ hook, maps: maps.toSorted() }))).toEqual(
      written.map(({ hook }) => ({
        hook,
        maps: all
          .map((map) =>
            /block_\w+_(?:complete|requeue)|blk_/u.test(hook!) ? `@${INTERRUPT_PREFIX}${map}` : `@${map}`,
          )
          .toSorted(),
      })),
    );
  });
});

test('maps are declared a day apart, where they leave nothing behind, and what is no map in BEGIN', () => {
  const program = programOf(['copy_up.kfunc.bt', 'file_io.tracepoint.bt']);
  expect(program.slice(0, program.indexOf('BEGIN')).replaceAll('; @', ';\n@')).toMatchInlineSnapshot(`
    "interval:s:86400 { @reported_file[(uint64)0, (uint64)0, (uint64)0] = (uint64)0; delete(@reported_file[(uint64)0, (uint64)0, (uint64)0]);
    @reported_process[(uint64)0, (uint64)0] = (uint64)0; delete(@reported_process[(uint64)0, (uint64)0]);
    @number_a[(uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0] = (uint64)0; delete(@number_a[(uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0]);
    @number_b[(uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0] = (uint64)0; delete(@number_b[(uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0]);
    @row_a[(uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0] = (uint64)0; delete(@row_a[(uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0]);
    @row_b[(uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0] = (uint64)0; delete(@row_b[(uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0, (uint64)0]);
    @refused[(uint64)0] = (uint64)0; delete(@refused[(uint64)0]);
    @copy_up_start[(uint64)0] = (uint64)0; delete(@copy_up_start[(uint64)0]);
    @copy_up_size[(uint64)0] = (uint64)0; delete(@copy_up_size[(uint64)0]);
    @copy_up_dentry[(uint64)0] = (uint64)0; delete(@copy_up_dentry[(uint64)0]);
    @exemplar_token[(uint64)0] = (uint64)0; delete(@exemplar_token[(uint64)0]);
    @rw[(uint64)0] = ((uint64)0, (uint64)0, (uint64)0, (uint64)0); delete(@rw[(uint64)0]);
    @rw_into[(uint64)0] = ((uint64)0, (uint64)0, (uint64)0, (uint64)0); delete(@rw_into[(uint64)0]); } "
  `);
  expect(program.slice(program.indexOf('BEGIN'), program.indexOf('print(('))).toMatchInlineSnapshot(
    `"BEGIN { @epoch = (uint64)0; @flush = (uint64)0; @started_us = (uint64)0; @told = (uint64)0; @rows_a = (uint64)0; @rows_b = (uint64)0; @due_us = (uint64)1; @rows_max = (uint64)11411; @exemplar_gap_ns = (uint64)20000000; @turned_us = (uint64)nsecs / 1000; "`,
  );
});

test('a state that two fragments share is declared once', () => {
  const program = programOf(['block.rawtracepoint.bt', 'block.kfunc.bt']);
  expect(count(program, '@block_start[(uint64)0] = ')).toBe(1);
});

test('maps are turned at the tick nearest to the interval, three ticks at least', () => {
  const dueUs = (intervalMs: number) =>
    Number(/@due_us = @turned_us \+ (\d+)/u.exec(programOf([], { intervalMs }))?.[1]);
  expect([100, 300, 1000, 1049, 5000, 3_600_000].map(dueUs)).toEqual([
    250_000, 250_000, 950_000, 999_000, 4_950_000, 3_599_950_000,
  ]);
});

test('the limits of exemplars stand in the program', () => {
  const program = programOf(['copy_up.kfunc.bt'], { slowNs: 2_500_000, exemplarsPerSecond: 20 });
  expect(program).toContain('if ($latency_ns >= 2500000 || ');
  expect(blockAt(program, 'BEGIN')).toContain('@exemplar_gap_ns = (uint64)50000000;');
  expect(blockAt(programOf([], { exemplarsPerSecond: 0 }), 'BEGIN')).toContain(
    '@exemplar_gap_ns = (uint64)1000000000000000000;',
  );
});

test('before bpftrace 0.18 stats() takes two entries a key: count() and sum() take one each', () => {
  const fragments = ['copy_up.kfunc.bt'];
  const [wide, split] = [true, false].map((hasWideStats) => programOf(fragments, { hasWideStats }));
  expect(wide).toContain('@latency_a[$row] = stats($latency_ns);');
  expect(split).toContain('@count_a[$row] = count(); @latency_a[$row] = sum($latency_ns);');
  expect([wide!.includes('count_a'), split!.includes('stats(')]).toEqual([false, false]);
});

test('where a second CPU may not make a key, nothing is added before anything is counted', () => {
  const fragments = choices[0]!;
  const [shared, refused] = [true, false].map((sharesNewKeys) => programOf(fragments, { sharesNewKeys }));
  const cells = [...shared!.matchAll(/(@\S+\[[^\]]*\]) = (?:count\(\)|sum\((.*?)\));/gu)];
  expect(cells.length).toBeGreaterThan(20);
  for (const [, cell, amount = '(uint64)1'] of cells)
    expect(refused).toContain(`${cell!} = sum((uint64)0); ${cell!} = sum(${amount});`);
  expect(refused).not.toContain('count();');
  expect(count(refused!, ' = sum(')).toBe(2 * cells.length);
});

test('a completion of io_uring is its submitter’s, whichever task it happens in', () => {
  const program = programOf(['uring.submit_req.bt']);
  const [complete] = probesOf(program).filter(({ hooks }) =>
    hooks.includes('tracepoint:io_uring:io_uring_complete'),
  );
  const [counted] = countedAndSent(complete!.statements);
  const assigned = (name: string) => new RegExp(`\\${name} = ([^;]+);`, 'u').exec(complete!.body)?.[1];
  expect(assigned(counted!.sent[3]!)).toBe('$begun.2');
  expect(assigned(counted!.sent[2]!)).toBe('$begun.3');
});

test('a quarter of the keys is for what lies beyond the bound on rows', () => {
  const { program, keysMax } = compose({ ...options, fragments: ['open.tracepoint.bt'] });
  const bound = Number(/@rows_max = \(uint64\)(\d+);/u.exec(program)?.[1]);
  expect(bound).toBe(Math.floor(keysMax * 0.75));
});

test('row numbers have room for each possible CPU', () => {
  const bits = (cpuCount: number) =>
    /<< (\d+)\) \+ \(uint64\)cpu;/u.exec(programOf(['open.tracepoint.bt'], { cpuCount }))?.[1];
  expect([1, 2, 3, 64, 65, 512].map(bits)).toEqual(['1', '1', '2', '6', '7', '9']);
  // The longest interval on 512 CPUs stays below the numbers that are no rows.
  expect(3600e9 * 2 ** 9).toBeLessThan(2 ** 52);
});

test('on arm64, which has no open and creat, their tracepoints are left out', () => {
  const hooks = programOf(['open.tracepoint.bt']).match(/sys_enter_(?:open|creat),/gu);
  expect(hooks).toEqual(process.arch === 'arm64' ? null : ['sys_enter_open,', 'sys_enter_creat,']);
});

test('system calls have the names and registers of the machine', () => {
  const program = programOf(['fsync.ksession.bt']);
  const expected: Partial<Record<NodeJS.Architecture, readonly string[]>> = {
    x64: ['kprobe:__x64_sys_fsync {', 'kprobe:__do_sys_sync {', '$call->di &', '$call->dx &'],
    arm64: [
      'kprobe:__arm64_sys_fsync {',
      'kprobe:__arm64_sys_sync {',
      '$call->regs[0] &',
      '$call->regs[2] &',
    ],
  };
  for (const part of expected[process.arch]!) expect(program).toContain(part);
});

test('a piece of a name is whole before bpftrace writes its `..`, and fits the stack of 0.17', () => {
  expect(STRING_LIMIT - 1 - '..'.length).toBe(NAME_PIECE);
  expect(STRING_LIMIT).toBeLessThanOrEqual(64);
});
