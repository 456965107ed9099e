/** Manual pages, of the same declarations as `--help`. */
import type { Command, Entry, Options } from './command.ts';
import { globalOptions, helpOptions } from './command.ts';
import { describeOption, EXAMPLES, optionNames, SUMMARY } from './help.ts';

type Section = readonly [title: string, body: readonly string[]];

/** iotrace(1): all commands. */
export function overviewPage(entries: readonly Entry[], version: string): string {
  return page('iotrace', SUMMARY, version, [
    ['SYNOPSIS', ['.B iotrace', '.I command', '[options]']],
    ['COMMANDS', entries.flatMap(({ name, describe }) => term(`iotrace-${name}(1)`, describe))],
    ['OPTIONS', optionTerms({ ...globalOptions, ...helpOptions })],
    ['EXAMPLES', EXAMPLES.flatMap(([line, meaning]) => term(line, meaning))],
    ['EXIT STATUS', EXIT_STATUS],
    ['FILES', term('/var/lib/iotrace/iotrace.db', 'The recording, unless --db or IOTRACE_DB name another.')],
  ]);
}

/** iotrace-top(1) and so on: one command. */
export function commandPage({ name, describe }: Entry, command: Command, version: string): string {
  const { options, word, examples, epilogue } = command;
  return page(`iotrace-${name}`, describe, version, [
    ['SYNOPSIS', [`.B iotrace ${name}`, ...(word ? [`.RI [ ${word.name} ]`] : []), '[options]']],
    [
      'OPTIONS',
      [
        ...(word ? term(word.name, word.describe) : []),
        ...optionTerms({ ...options, ...globalOptions, help: helpOptions.help }),
      ],
    ],
    ...(epilogue === undefined ? [] : [['NOTES', [roff(epilogue)]] satisfies Section]),
    ['EXAMPLES', examples.flatMap(([line, meaning]) => term(line.replace('$0', 'iotrace'), meaning))],
    ['EXIT STATUS', EXIT_STATUS],
    ['SEE ALSO', ['.BR iotrace (1)']],
  ]);
}

const EXIT_STATUS = [
  ...term('0', 'Answered, or recorded.'),
  ...term('1', 'Could not be done, or nothing was recorded.'),
  ...term('2', 'Not understood.'),
];

function page(name: string, summary: string, version: string, sections: readonly Section[]): string {
  const head = [`.TH ${name.toUpperCase()} 1 "" "iotrace ${version}" "iotrace"`];
  const about: Section = ['NAME', [roff(`${name} - ${summary}`)]];
  const lines = [about, ...sections].flatMap(([title, body]) => [`.SH ${title}`, ...body]);
  return `${[...head, ...lines].join('\n')}\n`;
}

const optionTerms = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, option]) =>
    term(optionNames(name, option), describeOption(option)),
  );

function term(left: string, right: string): string[] {
  return ['.TP', `.B ${roff(left)}`, ...(right === '' ? ['\\&'] : [roff(right)])];
}

/** Hyphens that are typed, and no line that begins like a request. */
function roff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq');
  return escaped.replace(/^(?=[.'])/u, '\\&');
}
