#!/usr/bin/env node
import type { Command, Options, Outcome } from './cli/command.ts';
import { globalOptions, helpOptions } from './cli/command.ts';
import type { Entry } from './cli/commands/index.ts';
import { commandNames, commands } from './cli/commands/index.ts';
import { commandHelp, overview } from './cli/help.ts';
import { didYouMean } from './cli/nearest.ts';
import { endQuietlyOnClosedPipe, print, printToStderr } from './cli/output.ts';
import type { Parsed } from './cli/parser.ts';
import { parseWords, splitCommand } from './cli/parser.ts';
import { unknownArgument } from './cli/unknown.ts';
import type { Failure } from './failure.ts';
import { exitCode, explain, failure, isFailure } from './failure.ts';
import { iotraceVersion } from './schema/version.ts';

const everywhere: Options = { ...globalOptions, ...helpOptions };
const helpWidth = process.stdout.isTTY ? Math.min(100, process.stdout.columns) : 80;

async function main(words: readonly string[]): Promise<Outcome> {
  const { name, rest } = splitCommand(words, everywhere);
  const entry = commands.find((each) => each.name === name);
  const command = entry && (await entry.load()).command;
  const parsed = parseWords(rest, { ...command?.options, ...everywhere });
  if (parsed.values['version'] === true) return answer(`${iotraceVersion}\n`);
  const isHelp = words.length === 0 || parsed.values['help'] === true;
  if (!entry || !command) return isHelp ? answer(overview(commands, helpWidth)) : unknownCommand(name);
  return isHelp ? answer(commandHelp(entry, command, helpWidth)) : run(entry, command, parsed);
}

async function answer(text: string): Promise<0> {
  await print([text]);
  return 0;
}

async function run({ name }: Entry, command: Command, { values, words, unknown }: Parsed): Promise<Outcome> {
  const [word] = command.word ? words : [];
  const more = words.slice(word === undefined ? 0 : 1);
  const known = [...Object.keys(command.options), ...Object.keys(everywhere)];
  const refused = unknownArgument({
    command: name,
    known,
    unknown,
    words: command.word?.isMany ? [] : more,
    takesWord: command.word !== undefined,
  });
  if (refused) return refused;
  return values['db'] === '' ? noDatabaseName() : command.run(values, word, more);
}

function noDatabaseName(): Failure {
  return failure('bad-argument', {
    seen: '--db has no value',
    expected: 'Name the file, as in --db iotrace.db.',
  });
}

function unknownCommand(word: string | undefined): Failure {
  const seen = word === undefined ? 'No command was typed' : `There is no command "${word}"`;
  const hint = word === undefined ? '' : didYouMean(word, commandNames, 'iotrace ');
  return failure('bad-argument', { seen, expected: `There are: ${commandNames.join(', ')}.${hint}` });
}

endQuietlyOnClosedPipe();
const outcome = await main(process.argv.slice(2));
if (isFailure(outcome)) printToStderr([`iotrace: ${explain(outcome)}`]);
process.exitCode = isFailure(outcome) ? exitCode(outcome) : outcome;
