import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFailure } from '../../src/failure.ts';
import { openForReading } from '../../src/schema/open.ts';
import { iotrace, temporaryFolder } from '../cli/run.ts';
import { linesOf, replay, STREAMS } from '../replay/replay.ts';

const folder = temporaryFolder();
const database = (stream: string): string => join(folder, `${stream}.db`);

beforeAll(() => {
  for (const stream of STREAMS) replay(stream, linesOf(stream), database(stream)).db.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const pages = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
]
  // What a recording of a lab may have no answer to is asked in cookbook.test.ts.
  .filter((path) => path.endsWith('.md') && path !== 'docs/cookbook.md')
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

const queries = pages.flatMap(({ path, text }) =>
  [...text.matchAll(/^```sql\n([\s\S]*?)^```$/gmu)].map(([, query]) => ({
    path,
    query: query!,
    start: query!.split('\n')[0]!,
  })),
);

describe.each(queries)('$path: $start', ({ query }) => {
  test('answers something on every recorded kernel', () => {
    for (const stream of STREAMS) {
      const db = openForReading(database(stream));
      if (isFailure(db)) throw new Error(db.code);
      expect([stream, db.prepare(query).all().length]).toEqual([stream, expect.any(Number)]);
      expect(db.prepare(query).all()).not.toEqual([]);
      db.close();
    }
  });

  test('names its columns: no expression is left without a name', () => {
    const db = openForReading(database(STREAMS[0]!));
    if (isFailure(db)) throw new Error(db.code);
    const names = db
      .prepare(query)
      .columns()
      .map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z_0-9]+$/u.test(name))).toEqual([]);
    db.close();
  });
});

test('each probe’s page has three queries and real output', () => {
  const probePages = pages.filter(({ path }) => path.startsWith('docs/probes/'));
  expect(probePages.length).toBeGreaterThan(2);
  for (const { path, text } of probePages) {
    const count = (fence: string): number => text.split(`\n${fence}`).length - 1;
    expect([path, count('```sql')]).toEqual([path, 3]);
    expect([path, count('```console ')]).toEqual([path, 1]);
  }
});

/**
 * Blocks of ```console STREAM: each line `$ iotrace …` is followed by what it prints of that recording.
 * `npx vitest run --project unit test/contract/docs.test.ts -u` writes it anew.
 */
test.each(pages.filter(({ text }) => text.includes('```console ')))(
  '$path shows what the commands print',
  async ({ path, text }) => {
    const real = text.replaceAll(
      /^```console (\S+)\n([\s\S]*?)^```$/gmu,
      (_, stream: string, session: string) => {
        const commands = session.split('\n').filter((line) => line.startsWith('$ iotrace '));
        const shown = commands.map((command) => `${command}\n${output(stream, command)}`);
        return `\`\`\`console ${stream}\n${shown.join('\n')}\`\`\``;
      },
    );
    await expect(real).toMatchFileSnapshot(resolve(path));
  },
);

/** The window and the file are left out in the pages. */
function output(stream: string, command: string): string {
  const words = [...command.slice('$ iotrace '.length).matchAll(/"([^"]*)"|(\S+)/gu)].map(
    ([, quoted, word]) => quoted ?? word!,
  );
  const window = words[0] === 'sql' ? [] : ['--from', '2026-11-21T22:00Z', '--to', '2026-11-21T22:10Z'];
  const { code, stdout, stderr } = iotrace([...words, '--db', database(stream), ...window]);
  expect([command, code, stderr]).toEqual([command, 0, '']);
  return stdout;
}
