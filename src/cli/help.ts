/** What `--help` prints, of the registry and of a command's own declaration. */
import { pad, textWidth, wrap } from '../query/render/text.ts';
import type { Command, Entry, Option, Options } from './command.ts';
import { globalOptions, helpOptions } from './command.ts';

type Line = readonly [left: string, right: string];

export const SUMMARY = 'Records fsync, overlayfs copy-up and block I/O, and tells whose they are';

export const EXAMPLES: readonly Line[] = [
  ['sudo iotrace record --for 30s', 'Record for 30 seconds'],
  ['iotrace top', 'Which container waited for which I/O'],
  ['iotrace top --live', 'The same, renewed every 2 seconds'],
];

/** All commands, a line each. */
export function overview(entries: readonly Entry[], width: number): string {
  return document([
    [`${SUMMARY}.`],
    ['Usage: iotrace <command> [options]'],
    [
      'Commands:',
      ...twoColumns(
        entries.map(({ name, describe }) => [name, describe]),
        width,
      ),
    ],
    ['Everywhere:', ...twoColumns(optionLines({ ...globalOptions, ...helpOptions }), width)],
    ['Examples:', ...twoColumns(EXAMPLES, width)],
    ['Everything about a command: iotrace help top'],
  ]);
}

/** One command: its options, examples, and what to know of its answers. */
export function commandHelp({ name, describe }: Entry, command: Command, width: number): string {
  const { options, word, examples, epilogue } = command;
  const positional: Line[] = word ? [[word.name, word.describe]] : [];
  return document([
    [`Usage: iotrace ${name}${word ? ` [${word.name}${word.isMany ? '...' : ''}]` : ''} [options]`],
    wrap(describe, width),
    ['Options:', ...twoColumns([...positional, ...optionLines(options)], width)],
    ['Everywhere:', ...twoColumns(optionLines({ ...globalOptions, help: helpOptions.help }), width)],
    [
      'Examples:',
      ...twoColumns(
        examples.map(([line, meaning]) => [line.replace('$0', 'iotrace'), meaning]),
        width,
      ),
    ],
    epilogue === undefined ? [] : wrap(epilogue, width),
  ]);
}

const document = (paragraphs: readonly (readonly string[])[]): string =>
  paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
    .join('\n');

const optionLines = (options: Options): Line[] =>
  Object.entries(options).map(([name, option]) => [optionNames(name, option), describeOption(option)]);

export const optionNames = (name: string, { letter }: Option): string =>
  letter === undefined ? `--${name}` : `-${letter}, --${name}`;

export const describeOption = ({ describe, defaultDescription }: Option): string =>
  defaultDescription === undefined ? describe : `${describe} [default: ${defaultDescription}]`;

/** The left column is never wrapped: a line that is too long for both puts the right one below. */
function twoColumns(lines: readonly Line[], width: number): string[] {
  const leftWidth = Math.max(...lines.map(([left]) => textWidth(left)));
  const indent = ' '.repeat(leftWidth + 4);
  return lines.flatMap(([left, right]) => {
    const [first = '', ...more] = wrapTo(right, width - leftWidth - 4);
    return [`  ${pad(left, leftWidth, 'left')}  ${first}`.trimEnd(), ...more.map((line) => indent + line)];
  });
}

function wrapTo(text: string, width: number): string[] {
  return wrap(text, width).map((line) => line.trimStart());
}
