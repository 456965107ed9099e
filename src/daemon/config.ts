import { readFileSync } from 'node:fs';
import type { Failure } from '../failure.ts';
import { errorCode, failure, isFailure } from '../failure.ts';
import { places } from '../schema/classes.ts';
import type { ClassRule, Place } from '../schema/classes.ts';
import { compileGlobs } from '../schema/glob.ts';

/** What an administrator may set for the daemon, docs/classes.md. */
export type Config = {
  /** Their own file classes, in order of precedence. */
  readonly classes: readonly ClassRule[];
};

const CONFIG_PATH = '/etc/iotrace/config.json';
const RULES_MAX = 500;

/** Reads `--config`, else /etc/iotrace/config.json, which need not be there. */
export function readConfig(option: string | undefined): Config | Failure {
  const path = option ?? CONFIG_PATH;
  try {
    return parseConfig(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && option === undefined) return { classes: [] };
    const seen = error instanceof Error ? error.message : String(error);
    return refusal(path, `It can't be read: ${seen}`, 'Name another with --config FILE, or leave it out.');
  }
}

/** The text of a configuration; a Failure that says what is wrong, where, and what to type. */
export function parseConfig(text: string, path: string): Config | Failure {
  const parsed = parseOrExplain(text);
  if ('broken' in parsed) {
    return refusal(path, `It is no JSON: ${parsed.broken}`, `Type as in ${EXAMPLE}.`);
  }
  const members = membersOf(parsed.value, ['classes']);
  if (typeof members === 'string') return refusal(path, `The file ${members}`, `Type as in ${EXAMPLE}.`);
  const rules = members['classes'] ?? [];
  if (!Array.isArray(rules)) return refusal(path, '"classes" is no list', `Type as in ${EXAMPLE}.`);
  if (rules.length > RULES_MAX) {
    const expected = `It takes ${String(RULES_MAX)}: put the globs of one class into its "paths".`;
    return refusal(path, `"classes" has ${String(rules.length)} rules`, expected);
  }
  const read = rules.map((rule: unknown, index) => readRule(rule, `classes[${String(index)}]`, path));
  return read.find(isFailure) ?? { classes: read.flatMap((rule) => (isFailure(rule) ? [] : [rule])) };
}

const EXAMPLE = '{"classes": [{"class": "orders_wal", "paths": ["/srv/orders/wal/**"]}]}';

const KEYS = ['class', 'means', 'paths', 'places'] as const;

function readRule(value: unknown, where: string, path: string): ClassRule | Failure {
  const members = membersOf(value, KEYS);
  if (typeof members === 'string')
    return refusal(path, `${where} ${members}`, `It takes ${KEYS.join(', ')}.`);
  const { class: name, means = '', paths, places: only } = members;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_]{0,39}$/u.test(name)) {
    const expected = 'Type a name of lower case letters, digits and _, as in "orders_wal".';
    return refusal(path, `${where}.class ${isSeen(name)}`, expected);
  }
  if (typeof means !== 'string') return refusal(path, `${where}.means ${isSeen(means)}`, 'Type a sentence.');
  if (!isListOfText(paths) || paths.length === 0) {
    return refusal(path, `${where}.paths ${isSeen(paths)}`, 'Type a list of globs, as in ["**/wal/*.log"].');
  }
  const malformed = paths.findIndex((glob) => compileGlobs([glob]) === undefined);
  if (malformed >= 0) {
    const seen = `${where}.paths[${String(malformed)}] ${isSeen(paths[malformed])}, which is no glob`;
    return refusal(path, seen, 'Close its brackets; a bracket meant as such is typed [[] or [{].');
  }
  const places = placesOf(only);
  if (places === undefined) {
    return refusal(path, `${where}.places ${isSeen(only)}`, `Type a list of these: ${PLACES.join(', ')}.`);
  }
  return { class: name, means, paths, ...(places.length > 0 && { places }) };
}

const PLACES: readonly Place[] = places.map(({ place }) => place);

function placesOf(value: unknown): Place[] | undefined {
  if (value === undefined) return [];
  if (!isListOfText(value)) return undefined;
  const known = value.flatMap((name) => PLACES.find((place) => place === name) ?? []);
  return known.length === value.length ? known : undefined;
}

const isListOfText = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** The members of an object that may have no others; or what is wrong with it. */
function membersOf(value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no object';
  const strange = Object.keys(value).find((key) => !known.includes(key));
  return strange === undefined ? { ...value } : `has ${JSON.stringify(strange)}, which means nothing here`;
}

function parseOrExplain(text: string): { value: unknown } | { broken: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = /position (\d+)$/u.exec(message)?.[1];
    if (position === undefined) return { broken: message };
    // Node.js before 22 gives the position alone.
    const line = text.slice(0, Number(position)).split('\n').length;
    return { broken: `${message} (line ${String(line)})` };
  }
}

const isSeen = (value: unknown): string =>
  value === undefined ? 'is missing' : `is ${JSON.stringify(value).slice(0, 80)}`;

const refusal = (path: string, seen: string, expected: string): Failure =>
  failure('bad-config', { path, seen, expected });
