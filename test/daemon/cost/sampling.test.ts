import { expect, test } from 'vitest';
import { costsBetween } from '../../../src/daemon/cost/sampling.ts';
import type { LoadedProgram } from '../../../src/daemon/cost/programs.ts';

const program = (tag: string, runCount: number, runTimeNs: number, missedCount = 0): LoadedProgram => ({
  tag,
  runCount,
  runTimeNs,
  missedCount,
});
const names = new Map([
  ['aa', 'sys_enter_read'],
  ['bb', 'sys_exit_preadv, sys_exit_readv'],
]);

test('what a program did between two readings is the difference', () => {
  expect(
    costsBetween(
      new Map([[7, program('aa', 100, 5000, 2)]]),
      new Map([[7, program('aa', 123, 9000, 5)]]),
      names,
    ),
  ).toEqual([{ name: 'sys_enter_read', programCount: 1, runCount: 23, runTimeNs: 4000, missedCount: 3 }]);
});

test('programs of the same code are one row, with their number and their sum', () => {
  const before = new Map([
    [7, program('bb', 1, 10)],
    [8, program('bb', 2, 20)],
  ]);
  const after = new Map([
    [7, program('bb', 4, 40, 1)],
    [8, program('bb', 7, 70, 1)],
  ]);
  expect(costsBetween(before, after, names)).toEqual([
    { name: 'sys_exit_preadv, sys_exit_readv', programCount: 2, runCount: 8, runTimeNs: 80, missedCount: 2 },
  ]);
});

test('a program that was not there before did everything since', () => {
  expect(costsBetween(new Map(), new Map([[9, program('aa', 5, 50)]]), names)[0]?.runCount).toBe(5);
});

test('a program without a name is called by its tag', () => {
  expect(costsBetween(new Map(), new Map([[9, program('cc', 5, 50)]]), names)[0]?.name).toBe('cc');
});

test('a program that did not run is a row of zeros, not none', () => {
  const same = new Map([[7, program('aa', 100, 5000)]]);
  expect(costsBetween(same, same, names)).toEqual([
    { name: 'sys_enter_read', programCount: 1, runCount: 0, runTimeNs: 0, missedCount: 0 },
  ]);
});
