import { expect, test } from 'vitest';
import { expandEpochs } from '../../../../src/daemon/bpftrace/dialect/epochs.ts';
import { expandBlocks } from '../../../../src/daemon/bpftrace/dialect/expand.ts';
import { fillConstants } from '../../../../src/daemon/bpftrace/dialect/fill.ts';
import { createLibrary } from '../../../../src/daemon/bpftrace/dialect/library.ts';
import { printProbe } from '../../../../src/daemon/bpftrace/dialect/print.ts';

const CONSTANTS = { OP_READ: 8, OP_WRITE: 9 };

/** Files by name; `main.bt` is the one that is expanded. */
function libraryOf(main: string, others: Readonly<Record<string, string>> = {}) {
  const files: Readonly<Record<string, string>> = { 'main.bt': main, ...others };
  return createLibrary(new Set(Object.keys(CONSTANTS)), (file) => files[file] ?? '');
}

function expand(main: string, others?: Readonly<Record<string, string>>): string {
  return expandBlocks(libraryOf(main, others).program('main.bt'))
    .map((probe) => printProbe({ ...probe, body: fillConstants(probe.body, CONSTANTS) }))
    .join('\n');
}

const mistakeIn = (main: string, others?: Readonly<Record<string, string>>) => () => expand(main, others);

test('a block stands where it is run, with variables of its own', () => {
  const program = expand(`
    macro twice(number, $result) { $sum = number + number; $result = $sum; }
    interval:s:1 {
      $sum = (uint64)nsecs;
      $result = 0;
      twice($sum, $result);
      twice(OP_READ, $result);
      print(($sum, $result));
    }`);
  expect(program).toMatchInlineSnapshot(`
    "interval:s:1 {
      $sum = (uint64)nsecs;
      $result = (uint64)0;
      $sum_2 = $sum + $sum;
      $result = $sum_2;
      $number = (uint64)8;
      $sum_3 = $number + $number;
      $result = $sum_3;
      print(($sum, $result));
    }
    "
  `);
});

test('a block with a value is assigned, also to what it was given', () => {
  expect(
    expand(`
      macro larger(one, other) {
        $larger = one;
        if (other > one) { $larger = other; }
        $larger
      }
      interval:s:1 /(uint64)nsecs > 0/ { $x = (uint64)cpu; $x = larger($x, 1); print(($x, 0)); }`),
  ).toMatchInlineSnapshot(`
    "interval:s:1 /(uint64)nsecs > 0/ {
      $x = (uint64)cpu;
      $other = (uint64)1;
      $larger = $x;
      if ($other > $x) {
        $larger = $other;
      }
      $x = $larger;
      print(($x, (uint64)0));
    }
    "
  `);
});

test('a block runs those of the files its own file imports', () => {
  const inner = { 'common/inner.bt': 'macro inner(x) { print((x, 1)); }' };
  const outer = { 'common/outer.bt': 'import "inner.bt"; macro outer(x) { inner(x); }' };
  const main = 'import "common/outer.bt"; BEGIN { outer(2); }';
  expect(expand(main, { ...inner, ...outer })).toMatchInlineSnapshot(`
    "BEGIN {
      $x = (uint64)2;
      print(($x, (uint64)1));
    }
    "
  `);
});

test('the probes of an imported file come behind, once', () => {
  const others = {
    'calls.bt': 'import "more.bt"; interval:s:2 { print((2, 2)); }',
    'more.bt': 'interval:s:3 { print((3, 3)); }',
  };
  const probes = expandBlocks(
    libraryOf('import "calls.bt"; import "more.bt"; interval:s:1 { print((1, 1)); }', others).program(
      'main.bt',
    ),
  );
  expect(probes.map(({ attachPoints }) => attachPoints)).toEqual([
    ['interval:s:1'],
    ['interval:s:2'],
    ['interval:s:3'],
  ]);
});

test('maps of both sets are written by the set, and each family has its own', () => {
  const [probe] = expandBlocks(
    libraryOf(`
      let @epoch;
      let @ops%[op] = count();
      BEGIN {
        $epoch = @epoch;
        in_epoch ($epoch) { @ops%[OP_READ] = count(); }
        in_epoch ($epoch) { each_family { print(@ops%); } }
      }`).program('main.bt'),
  );
  const body = expandEpochs(probe!.body, 'interrupt', ['task', 'interrupt']);
  expect(printProbe({ ...probe!, body })).toMatchInlineSnapshot(`
    "BEGIN {
      $epoch = @epoch;
      if ($epoch == 0) {
        @irq_ops_a[OP_READ] = count();
      } else {
        @irq_ops_b[OP_READ] = count();
      }
      if ($epoch == 0) {
        print(@ops_a);
        print(@irq_ops_a);
      } else {
        print(@ops_b);
        print(@irq_ops_b);
      }
    }
    "
  `);
});

test.each([
  [
    'an unknown block',
    'BEGIN {\n nothing(1); }',
    'main.bt:2: there is no block nothing, in this file or those it imports',
  ],
  [
    'too few arguments',
    'macro m(a, b) { print((a, b)); }\nBEGIN { m(1); }',
    'main.bt:2: m takes 2 arguments, not 1',
  ],
  [
    'an input that is not used',
    'macro m(a, b) {\n print((a, 1)); }',
    'main.bt:1: m does not use its input b',
  ],
  ['an output that is not set', 'macro m($a) { print((1, 1)); }', 'main.bt:1: m does not set its output $a'],
  [
    'an output that is no variable',
    'macro m($a) { $a = 1; }\nBEGIN { m(1); }',
    "main.bt:2: m's $a is set: pass a variable",
  ],
  [
    'an output that is not set before',
    'macro m($a) { $a = 1; }\nBEGIN { m($x); }',
    'main.bt:2: $x is not set here',
  ],
  ['an unknown constant', 'BEGIN {\n print((OP_REED, 1)); }', 'main.bt:2: OP_REED is not known'],
  [
    'a variable of the caller',
    'macro m() { print(($x, 1)); }\nBEGIN { $x = 1; m(); }',
    'main.bt:1: $x is not set here',
  ],
  [
    'a variable that ended with its body',
    'BEGIN {\n if (1 > 0) { $x = 1; }\n print(($x, 1)); }',
    'main.bt:3: $x is not set here',
  ],
  ['a variable nobody reads', 'BEGIN {\n $x = 1; }', 'main.bt:2: $x is set and never read'],
  ['an undeclared map', 'BEGIN { @x = 1; }', 'main.bt:1: @x is not declared in this file'],
  ['a map with other keys', 'let @x[a, b];\nBEGIN { @x[1] = 1; }', 'main.bt:2: the keys of @x are [a, b]'],
  ['a map that is not used', 'let @x;\nlet @y;\nBEGIN { @y = 1; }', 'main.bt:1: @x is not used in this file'],
  [
    'an import that is not used',
    'import "other.bt";\nBEGIN { print((1, 1)); }',
    'main.bt:1: nothing of other.bt is used',
  ],
  ['a set of maps outside in_epoch', 'let @x%;\nBEGIN { @x% = 1; }', 'main.bt:2: @x% outside in_epoch'],
  ['a return from a block', 'macro m() {\n return; }', 'main.bt:2: a block can’t return'],
  ['a value that is dropped', 'macro m() { 1 }\nBEGIN { m(); }', 'main.bt:2: the value of m is not used'],
  [
    'a value that is none',
    'macro m() { print((1, 1)); }\nBEGIN { $x = m(); print(($x, 1)); }',
    'main.bt:2: m has no value',
  ],
  [
    'a block within an expression',
    'macro m() { 1 }\nBEGIN { print((m(), 1)); }',
    'main.bt:2: m stands alone: m(…); or $x = m(…);',
  ],
  [
    'an input that can change',
    'macro m(a) { print((a, a)); }\nBEGIN { m((uint64)nsecs); }',
    'main.bt:2: an input that can change meanwhile: assign it to a variable first',
  ],
  [
    'an input that is an output as well',
    'macro m(a, $b) { $b = a; }\nBEGIN { $x = 1; m($x, $x); }',
    'main.bt:2: a variable that is both input and output',
  ],
  [
    'a word of bpftrace as parameter',
    'macro m(cgroup) { print((cgroup, 1)); }',
    'main.bt:1: cgroup is a word of bpftrace and can’t be a parameter',
  ],
  [
    'two blocks of one name',
    'macro m() { print((1, 1)); }\nmacro m() { print((1, 1)); }',
    'main.bt:2: m is also in bpf/main.bt',
  ],
  ['a block that runs itself', 'macro m() { m(); }\nBEGIN { m(); }', 'main.bt:1: m runs itself'],
  ['a file that imports itself', 'import "main.bt";', 'main.bt:1: main.bt is imported by what it imports'],
  ['no semicolon', 'BEGIN { $x = 1 }', 'main.bt:1: expected ;, found }'],
  ['no end', 'BEGIN {\n', 'main.bt:2: expected an expression, found the end of the file'],
  ['a letter of no language', 'BEGIN {\n $x = 1; § }', 'main.bt:2: unexpected "§"'],
])('%s is a mistake, with file and line', (_, main, message) => {
  expect(mistakeIn(main, { 'other.bt': 'macro other() { print((1, 1)); }' })).toThrow(`bpf/${message}`);
});

test('maps that two files declare otherwise are a mistake', () => {
  const library = libraryOf('import "other.bt"; let @x[a];\nBEGIN { @x[1] = 1; other(); }', {
    'other.bt': 'let @x[b]; macro other() { @x[1] = 1; }',
  });
  expect(() => library.mapsOf([library.program('main.bt')])).toThrow(
    'bpf/other.bt:1: @x is declared otherwise in bpf/main.bt:1',
  );
});
