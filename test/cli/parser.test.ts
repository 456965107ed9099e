import { describe, expect, test } from 'vitest';
import { flag, text } from '../../src/cli/command.ts';
import { parseWords, splitCommand } from '../../src/cli/parser.ts';

const options = { by: text('Group'), limit: { ...text('Rows'), letter: 'n' }, live: flag('Live') };
const parsed = (...words: string[]) => parseWords(words, options);

describe('options', () => {
  test.each([
    [['--by', 'pod']],
    [['--by=pod']],
    [['--by', 'file', '--by', 'pod']], // the last one counts
  ])('%j', (words) => {
    expect(parsed(...words)).toEqual({ values: { by: 'pod' }, words: [], unknown: [] });
  });

  test.each([[['-n', '5']], [['-n5']], [['-n=5']], [['--limit', '5']]])('%j', (words) => {
    expect(parsed(...words)).toEqual({ values: { limit: '5' }, words: [], unknown: [] });
  });

  test('flags take no word', () => {
    expect(parsed('--live', 'x')).toEqual({ values: { live: true }, words: ['x'], unknown: [] });
    expect(parsed('--live=false')).toEqual({ values: { live: false }, words: [], unknown: [] });
  });

  test('a value may be a negative number, or have an = in it, but is no option', () => {
    expect(parsed('--limit', '-1').values).toEqual({ limit: '-1' });
    expect(parsed('--by=a=b').values).toEqual({ by: 'a=b' });
    expect(parsed('--by', '--live').values).toEqual({ by: '', live: true });
    expect(parsed('--by').values).toEqual({ by: '' });
    expect(parsed('--by', '').values).toEqual({ by: '' });
  });

  test('nobody declared are given back as typed', () => {
    expect(parsed('--bye', 'x', '-x', '--no-live').unknown).toEqual(['--bye', '-x', '--no-live']);
    expect(parsed('--by', '-5ms').unknown).toEqual(['-5ms']);
  });

  test('end at --, and SQL may begin with its comment', () => {
    expect(parsed('--', '--live').words).toEqual(['--live']);
    expect(parsed('-- slow ones\nSELECT 1').words).toEqual(['-- slow ones\nSELECT 1']);
  });
});

test('the command is the first word that belongs to no option before it', () => {
  expect(splitCommand(['--by', 'pod', 'top', '--live'], options)).toEqual({
    name: 'top',
    rest: ['--by', 'pod', '--live'],
  });
  expect(splitCommand(['--by=pod', '-n', '5', 'top'], options).name).toBe('top');
  expect(splitCommand(['--live'], options)).toEqual({ name: undefined, rest: ['--live'] });
});
