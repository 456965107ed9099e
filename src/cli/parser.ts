/** From words to options and their values. The options are those the command declares, see command.ts. */
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
  const values: Record<string, string | boolean> = {};
  const others: string[] = [];
  const unknown: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') others.push(...rest.splice(0));
    else if (isOption(word)) {
      const { dashed, name, inline } = splitOption(word, options);
      const option = name === undefined ? undefined : options[name];
      if (name === undefined || option === undefined) unknown.push(dashed);
      else if (option.type === 'boolean') values[name] = inline !== 'false';
      else values[name] = inline ?? (isValue(rest[0]) ? (rest.shift() ?? '') : '');
    } else others.push(word);
  }
  return { values, words: others, unknown };
}

/** The command is the first word that is no option, nor the value of one that stands before it. */
export function splitCommand(
  words: readonly string[],
  options: Options,
): { readonly name: string | undefined; readonly rest: readonly string[] } {
  let index = 0;
  for (; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (!isOption(word)) break;
    const { name, inline } = splitOption(word, options);
    const isText = name !== undefined && options[name]?.type === 'string';
    if (isText && inline === undefined && isValue(words[index + 1])) index += 1;
  }
  return { name: words[index], rest: [...words.slice(0, index), ...words.slice(index + 1)] };
}

/** SQL may begin with a comment, `-- like this`; a number may be negative. */
const isOption = (word: string): boolean => /^-[^\d\s]|^-\d\D|^--\S/u.test(word) && !/^--\s/u.test(word);
const isValue = (word: string | undefined): boolean => word !== undefined && !isOption(word);

type SplitOption = {
  readonly dashed: string;
  readonly name: string | undefined;
  readonly inline: string | undefined;
};

function splitOption(word: string, options: Options): SplitOption {
  const [, long, value] = /^--([^=]+)(?:=(.*))?$/su.exec(word) ?? [];
  if (long !== undefined) return { dashed: `--${long}`, name: long, inline: value };
  const letter = word.slice(1, 2);
  const name = Object.keys(options).find((each) => options[each]?.letter === letter);
  const inline = word.length > 2 ? word.slice(2).replace(/^=/u, '') : undefined;
  return { dashed: `-${letter}`, name, inline };
}
