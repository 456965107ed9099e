import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '../src');

/** What no file under `from` may import, and why. The first part of a path below src/ is its layer. */
const forbidden: readonly (readonly [from: string, to: string, because: string])[] = [
  ['daemon', 'query', 'recording must not depend on how answers look: the database is what they share'],
  ['daemon', 'cli', 'the daemon is started by the CLI and knows nothing of it'],
  ['query', 'daemon', 'answers come from the database alone, also when no daemon can run here'],
  ['query', 'cli', 'reports are functions of their arguments, not of what was typed'],
  ['schema', 'daemon', 'the schema says what exists, not how it is recorded'],
  ['schema', 'query', 'the schema says what exists, not what is asked'],
  ['schema', 'cli', 'the schema is under everything'],
  ['failure.ts', 'daemon', 'failures are words for all layers'],
  ['failure.ts', 'query', 'failures are words for all layers'],
  ['failure.ts', 'cli', 'failures are words for all layers'],
];

/** Who may use a package that is heavy or powerful, and why nobody else. */
const keepers: readonly (readonly [name: string, keeper: RegExp, because: string])[] = [
  [
    'better-sqlite3',
    /^schema\/open(-older)?\.ts$/u,
    'a database is opened in one place, for reading or for writing',
  ],
  ['execa', /^daemon\//u, 'queries start no processes, and start faster without it'],
  ['picocolors', /^query\/render\//u, 'colour is a matter of rendering'],
];

type Import = {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
  readonly isLazy: boolean;
};

const STATEMENT = /^(?:import|export)\s(?:[^'";]*\sfrom\s)?'([^']+)'/gmu;
const LAZY = /\bimport\('([^']+)'\)/gu;

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const target = (name: string): string =>
    name.startsWith('.') ? relative(source, resolve(dirname(file), name)) : name;
  const from = relative(source, file);
  return [
    ...[...text.matchAll(STATEMENT)].map((match) => ({
      from,
      to: target(match[1]!),
      isType: match[0].startsWith('import type') || match[0].startsWith('export type'),
      isLazy: false,
    })),
    ...[...text.matchAll(LAZY)].map((match) => ({
      from,
      to: target(match[1]!),
      isType: false,
      isLazy: true,
    })),
  ];
}

const imports = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => importsOf(join(source, name)));

// cli.ts and cli/ are one layer.
const layer = (path: string): string => path.split('/')[0]!.replace(/^cli\.ts$/u, 'cli');

test.each(forbidden)('%s does not import %s: %s', (from, to) => {
  expect(imports.filter((each) => layer(each.from) === from && layer(each.to) === to)).toEqual([]);
});

test.each(keepers)('%s is imported by %s alone: %s', (name, keeper) => {
  const others = imports.filter((each) => each.to === name && !each.isType && !keeper.test(each.from));
  expect(others).toEqual([]);
});

test('the CLI loads the daemon only when it records: queries start fast', () => {
  const eager = imports.filter(
    (each) => layer(each.from) === 'cli' && layer(each.to) === 'daemon' && !each.isType && !each.isLazy,
  );
  expect(eager).toEqual([]);
});

test('the imports are found at all', () => {
  expect(imports.length).toBeGreaterThan(50);
  expect(imports.some(({ isLazy, to }) => isLazy && to === 'daemon/main.ts')).toBe(true);
});
