#!/usr/bin/env node
import type { Command, Entry, Options, Outcome } from './cli/command.ts';
import { globalOptions, helpOptions } from './cli/command.ts';
import { commandNames, commands } from './cli/commands/index.ts';
import { commandHelp, overview } from './cli/help.ts';
import { didYouMean } from './cli/nearest.ts';
import { configureOutput, endQuietlyOnClosedPipe, print, printToStderr } from './cli/output.ts';
import type { Parsed } from './cli/parser.ts';
import { parseWords, splitCommand } from './cli/parser.ts';
import { unknownArgument } from './cli/unknown.ts';
import type { Failure } from './failure.ts';
import { visible } from './query/render/text.ts';
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
  configureOutput({
    isQuiet: parsed.values['quiet'] === true,
    mayPage: parsed.values['no-pager'] !== true,
  });
  // Whatever reads and shows times goes by the zone of the process.
  if (parsed.values['utc'] === true) process.env['TZ'] = 'UTC';
  const isHelp = words.length === 0 || parsed.values['help'] === true;
  if (name === 'help') return help(parsed.words);
  if (!entry || !command) return isHelp ? help([]) : unknownCommand(name);
  return isHelp ? help([entry.name]) : run(entry, command, parsed);
}

/** `iotrace help`, `iotrace help top`, `iotrace top --help`. */
async function help([name]: readonly string[]): Promise<Outcome> {
  if (name === undefined) return answer(overview(commands, helpWidth));
  const entry = commands.find((each) => each.name === name);
  if (!entry) return unknownCommand(name);
  return answer(commandHelp(entry, (await entry.load()).command, helpWidth));
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
  return values['db'] === '' ? noDatabaseName() : command.run(values, word, more, commands);
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
// What was typed, or found in a file, is in the sentence: it must not write on the terminal by itself.
if (isFailure(outcome)) printToStderr([visible(`iotrace: ${explain(outcome)}`)]);
process.exitCode = isFailure(outcome) ? exitCode(outcome) : outcome;
