/** From words to options and their values. The options are those the command declares, see command.ts. */
import yargsParser from 'yargs-parser';
import type { Options } from './command.ts';

export type Parsed = {
  /** By the option's full name; '' for one that wants a value and has none. */
  readonly values: Readonly<Record<string, string | boolean>>;
  /** Words that belong to no option. */
  readonly words: readonly string[];
  /** Options nobody declared, as typed: `--bye`, `-x`. */
  readonly unknown: readonly string[];
};

/** `--name value`, `--name=value`, `-n value`, `-n5`, `--flag`; after `--` all are words. The last of two counts. */
export function parseWords(words: readonly string[], options: Options): Parsed {
  const argv = yargsParser(
    withLoneDashes(words, options),
    declared(options, { 'unknown-options-as-args': true }),
  );
  const typed = argv._.map(String);
  return {
    values: Object.fromEntries(Object.keys(options).flatMap((name) => valueOf(name, argv[name]))),
    words: [...typed.filter((word) => !isOption(word)), ...listOf(argv['--'])],
    unknown: [
      ...typed.filter(isOption),
      ...Object.keys(argv)
        .filter((key) => key.startsWith('no-'))
        .map((key) => `--${key}`),
    ],
  };
}

/** The command is the first word that is no option, nor the value of one that stands before it. */
export function splitCommand(
  words: readonly string[],
  options: Options,
): { readonly name: string | undefined; readonly rest: readonly string[] } {
  const argv = yargsParser(
    [...words],
    declared(options, { 'halt-at-non-option': true, 'populate--': false }),
  );
  const [name, ...after] = argv._.map(String);
  if (name === undefined) return { name, rest: words };
  return { name, rest: [...words.slice(0, words.length - after.length - 1), ...after] };
}

function declared(options: Options, more: Partial<yargsParser.Configuration>): yargsParser.Options {
  const ofType = (type: 'string' | 'boolean'): string[] =>
    Object.keys(options).filter((name) => options[name]?.type === type);
  return {
    string: ofType('string'),
    boolean: ofType('boolean'),
    alias: Object.fromEntries(
      Object.entries(options).flatMap(([name, { letter }]) => (letter === undefined ? [] : [[name, letter]])),
    ),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
      ...more,
    },
  };
}

/** `--of -` as `--of=-`: yargs-parser takes a lone dash for no value. */
function withLoneDashes(words: readonly string[], options: Options): string[] {
  const takesDash = (at: number): boolean =>
    words[at + 1] === '-' && options[words[at]?.replace(/^--/u, '') ?? '']?.type === 'string';
  return words.flatMap((word, at) => {
    if (takesDash(at)) return [`${word}=-`];
    return takesDash(at - 1) ? [] : [word];
  });
}

/** SQL may begin with a comment, `-- like this`; a lone dash is standard input. */
const isOption = (word: string): boolean => /^--?[^\s-]/u.test(word);

const valueOf = (name: string, value: unknown): [string, string | boolean][] =>
  typeof value === 'string' || typeof value === 'boolean' ? [[name, value]] : [];

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
