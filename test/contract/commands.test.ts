import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { globalOptions, helpOptions } from '../../src/cli/command.ts';
import { commandNames, commands } from '../../src/cli/commands/index.ts';

const page = readFileSync('docs/cli.md', 'utf8');
const readme = readFileSync('README.md', 'utf8');
const tests = ['test/cli', 'test/native']
  .flatMap((folder) => readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8')))
  .join('\n');

test('each file of src/cli/commands is registered, and each command has one', () => {
  const files = readdirSync('src/cli/commands').map((name) => name.replace(/\.ts$/u, ''));
  expect(files.filter((name) => name !== 'index').toSorted()).toEqual([...commandNames].toSorted());
});

describe.each(commands)('$name', ({ name, describe: summary, load }) => {
  test('is documented in docs/cli.md', () => {
    expect(page).toContain(`\n## iotrace ${name}\n`);
  });

  test('is in the README', () => {
    expect(readme).toMatch(new RegExp(`\`(sudo )?iotrace ${name}\\b`, 'u'));
  });

  test('is typed by a test', () => {
    expect(new RegExp(`(\\[|said\\(|, )'${name}'`, 'u').test(tests)).toBe(true);
  });

  test('has an example, each of the command itself', async () => {
    const { examples } = (await load()).command;
    expect(examples.length).toBeGreaterThan(0);
    for (const [line] of examples) expect(line).toMatch(new RegExp(`\\$0 ${name}\\b`, 'u'));
  });

  test('describes itself and its options, in lines without an end mark', async () => {
    const { options } = (await load()).command;
    const texts = [summary, ...Object.values(options).map((option) => option.describe)];
    for (const text of texts) expect(text).toMatch(/^\S.*[^.]$/u);
  });

  test('has each letter, and no option of every command, once', async () => {
    const { options } = (await load()).command;
    const everywhere = { ...globalOptions, ...helpOptions };
    expect(Object.keys(options).filter((option) => option in everywhere)).toEqual([]);
    const letters = Object.values({ ...options, ...everywhere }).flatMap((option) =>
      'letter' in option ? [option.letter] : [],
    );
    expect(letters).toEqual([...new Set(letters)]);
  });
});
