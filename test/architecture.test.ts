import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

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
  ['daemon', 'serve', 'recording must go on whoever watches'],
  ['serve', 'daemon', 'what is served is what was recorded: the database alone'],
  ['serve', 'cli', 'what is served does not depend on what was typed'],
  ['mcp', 'daemon', 'an assistant asks the database alone'],
  ['mcp', 'cli', 'what is answered does not depend on what was typed'],
  ['snapshot', 'query', 'a copy is of tables, not of answers'],
  ['snapshot', 'daemon', 'a window can be copied where nothing can record'],
  ['query', 'snapshot', 'answers write nothing'],
  ['query', 'serve', 'an answer does not know where it goes'],
  ['schema', 'serve', 'the schema is under everything'],
  ['failure.ts', 'daemon', 'failures are words for all layers'],
  ['failure.ts', 'query', 'failures are words for all layers'],
  ['failure.ts', 'cli', 'failures are words for all layers'],
];

const CHILDREN = 'no program is started but by the rules that are there';

/**
 * The rooms of the daemon from the ground up: which others a room may import, and for what. The files beside the rooms
 * put them together, and may import all.
 */
const rooms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lookups: {},
  service: {
    'contract.ts': 'the service manager hears of the phases of a recording',
    'children.ts': CHILDREN,
  },
  bpftrace: {
    lookups: 'what cgroup2 can tell apart is a gap of the plan; priorities are read from /proc',
    'contract.ts': 'the plan is what doctor prints',
    'children.ts': CHILDREN,
  },
  stream: { bpftrace: 'a name comes in pieces of the length that was composed' },
  naming: {
    lookups: 'a path is seen through mounts, and belongs to a container',
    bpftrace: 'a name comes in pieces of the length that was composed',
    stream: 'names are learned from records',
  },
  cost: {
    bpftrace: 'it measures the running bpftrace, and asks it to shed detail',
    lookups: 'what bpftrace takes is in /proc',
    stream: 'cost is per operation',
    'children.ts': CHILDREN,
  },
  store: {
    lookups: 'rows name containers and devices',
    bpftrace: 'a session says on which host it ran',
    stream: 'intervals become rows',
    naming: 'numbers become names when they are written',
    cost: 'what an interval cost is written with it',
    'contract.ts': 'the plan, the coverage and the summary of a session',
  },
  canary: {
    stream: 'the canary is looked for in the intervals',
    store: 'what was proven is written with the session',
    'contract.ts': 'the plan says what can be proven',
    'children.ts': CHILDREN,
  },
  samplers: {
    lookups: 'samples are of devices, mounts and containers',
    store: 'the dictionaries and the queue of what is not written yet',
    'children.ts': CHILDREN,
  },
};

/** Own files that one file may import at once; what is loaded on demand is not counted. */
const IMPORTS_MAX = 14;

/** Who may use a package that is heavy or powerful, and why nobody else. */
const keepers: readonly (readonly [name: string, keeper: RegExp, because: string])[] = [
  [
    'better-sqlite3',
    /^schema\/open(-older)?\.ts$/u,
    'a database is opened in one place, for reading or for writing',
  ],
  ['yargs-parser', /^cli\/parser\.ts$/u, 'words are parsed in one place'],
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

/** The room of the daemon, or the file beside them. */
const room = (path: string): string => path.split('/')[1]!;
const isInRoom = (path: string): boolean => path.startsWith('daemon/') && path.split('/').length > 2;

describe('the rooms of the daemon', () => {
  const crossing = imports
    .filter(({ from, to }) => isInRoom(from) && to.startsWith('daemon/') && room(from) !== room(to))
    .map(({ from, to }) => `${room(from)} imports ${room(to)}`);
  const allowed = Object.entries(rooms).flatMap(([from, reasons]) =>
    Object.keys(reasons).map((to) => `${from} imports ${to}`),
  );

  test('import each other for the reasons given, and every reason is one', () => {
    expect([...new Set(crossing)].toSorted()).toEqual(allowed.toSorted());
  });

  test('are listed from the ground up', () => {
    const order = Object.keys(rooms);
    const upwards = order.flatMap((from, floor) =>
      Object.keys(rooms[from]!).filter((to) => order.indexOf(to) >= floor),
    );
    expect(upwards).toEqual([]);
  });

  test('are all there', () => {
    const folders = readdirSync(join(source, 'daemon'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(Object.keys(rooms).toSorted()).toEqual(folders.toSorted());
  });
});

/** The own files that each file imports, types included. */
function importedBy(some: readonly Import[]): Map<string, Set<string>> {
  const files = new Map<string, Set<string>>();
  for (const { from, to } of some.filter((each) => each.to.endsWith('.ts'))) {
    files.set(from, (files.get(from) ?? new Set()).add(to));
  }
  return files;
}

test('no file imports more than it can be understood with', () => {
  const files = importedBy(imports.filter(({ isLazy }) => !isLazy));
  const many = [...files].filter(([, imported]) => imported.size > IMPORTS_MAX);
  expect(many.map(([file, imported]) => [file, imported.size])).toEqual([]);
});

test('no file imports itself by way of others', () => {
  const files = importedBy(imports);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) cycles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    if (done.has(file) || way.includes(file)) return;
    for (const next of files.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});

test('a type that is exported has its name to itself', () => {
  const names = new Map<string, string[]>();
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(source, file), 'utf8');
    for (const [, name] of text.matchAll(/^export (?:type|interface|class) (\w+)/gmu)) {
      names.set(name!, [...(names.get(name!) ?? []), file]);
    }
  }
  expect([...names].filter(([, files]) => files.length > 1)).toEqual([]);
});

test('the imports are found at all', () => {
  expect(imports.length).toBeGreaterThan(50);
  expect(imports.some(({ isLazy, to }) => isLazy && to === 'daemon/main.ts')).toBe(true);
});
