import { describe, expect, test } from 'vitest';
import { compileGlobs } from '../../src/schema/glob.ts';

const matches = (glob: string, text: string): boolean | undefined => compileGlobs([glob])?.test(text);

describe('a glob is the whole of a path', () => {
  test.each([
    ['/a/*.db', '/a/x.db', true],
    ['/a/*.db', '/a/b/x.db', false],
    ['/a/*.db', '/a/x.db-wal', false],
    ['/a/**', '/a/b/c', true],
    ['/a/**', '/ab', false],
    ['**/b', '/a/b', true],
    ['**/b', 'b', true],
    ['**/b', '…/b', true],
    ['**/b', '/ab', false],
    ['**/a/**/b', '/x/a/b', true],
    ['**/a/**/b', '/x/a/y/z/b', true],
    ['/a?c', '/abc', true],
    ['/a?c', '/a/c', false],
    ['/[ab]', '/b', true],
    ['/[!ab]', '/c', true],
    ['/[!ab]', '/a', false],
    ['/[0-9]x', '/7x', true],
    ['/x.{db,sqlite}{,-wal}', '/x.sqlite-wal', true],
    ['/x.{db,sqlite}{,-wal}', '/x.db', true],
    ['/x.{db,sqlite}{,-wal}', '/x.dbs', false],
    ['/<n>.log', '/17.log', true],
    ['/<n>.log', '/.log', false],
    ['/<n6>.log', '/000017.log', true],
    ['/<n6>.log', '/0000017.log', false],
    ['/<n6+>.sst', '/11810117.sst', true],
    ['/<n6+>.sst', '/000017.sst', true],
    ['/<n6+>.sst', '/00017.sst', false],
    ['/<hex4+>', '/00fA0', true],
    ['/<n+>', '/1', true],
    ['/<hex4>', '/00fA', true],
    ['/<hex4>', '/00g0', false],
    ['/a.b+c(d)^$|\\', '/a.b+c(d)^$|\\', true],
    ['/a.b', '/axb', false],
    ['/日本*', '/日本語', true],
    ['/?', '/😀', true],
    ['/*', '/new\nline', true],
    ['#innodb/<x>', '#innodb/<x>', true],
  ])('%s and %j: %s', (glob, text, expected) => {
    expect(matches(glob, text)).toBe(expected);
  });
});

test.each(['/a[', '/[b', '/[z-a]', '/{a,b', '/{a,[}'])('%s is refused', (glob) => {
  expect(compileGlobs(['/ok', glob])).toBeUndefined();
});

test('several are one expression, each of them whole', () => {
  const either = compileGlobs(['/a/*', '**/b', '**']);
  expect(['/a/x', '/x/b', '/z'].map((path) => either?.test(path))).toEqual([true, true, true]);
  const some = compileGlobs(['/a/*', '**/b']);
  expect(['/x/a/y', '/b/c', '/ab', '/a/b'].map((path) => some?.test(path))).toEqual([
    false,
    false,
    false,
    true,
  ]);
});
