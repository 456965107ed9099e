import type { Failure } from '../failure.ts';
import { failure } from '../failure.ts';
import { operationNames } from '../schema/probes/index.ts';
import { didYouMean } from './nearest.ts';

type Arguments = {
  readonly command: string;
  /** The options the command has. */
  readonly known: readonly string[];
  /** Options it has not, with their dashes. */
  readonly unknown: readonly string[];
  /** Words it does not take. */
  readonly words: readonly string[];
  readonly takesWord: boolean;
};

/** What was typed and the command does not know: an option, or a word too many. */
export function unknownArgument({
  command,
  known,
  unknown,
  words,
  takesWord,
}: Arguments): Failure | undefined {
  const expected = `What it takes: iotrace ${command} --help`;
  const [option] = unknown;
  if (option !== undefined) {
    const hint = didYouMean(option.replace(/^-+/u, ''), known, '--');
    return failure('bad-argument', {
      seen: `${command} has no option ${option}`,
      expected: `${expected}.${hint}`,
    });
  }
  const [word] = words;
  if (word === undefined) return undefined;
  const hint = takesWord ? ' Put the query in quotes.' : wordHint(word, known);
  return failure('bad-argument', {
    seen: `${command} does not take "${word}"`,
    expected: `${expected}.${hint}`,
  });
}

const wordHint = (word: string, known: readonly string[]): string =>
  operationNames.includes(word) && known.includes('op') ? ` Did you mean --op ${word}?` : '';
