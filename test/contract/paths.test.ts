import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const pages = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** `src/daemon/main.ts` in backquotes, relative to the checkout; what is a pattern (`NAME`, `*`, `…`) is left out. */
const PATH = /`((?:src|bpf|test|scripts|docs|packaging)\/[^\s`A-Z*…{]*)`/gu;
/** [text](path), relative to the page. */
const LINK = /\]\((?!https?:|#)([^)#\s]+)/gu;

test.each(pages)('%s names only files that are there', (page) => {
  const text = readFileSync(page, 'utf8');
  const named = [...text.matchAll(PATH)].map(([, path]) => path!);
  const linked = [...text.matchAll(LINK)].map(([, path]) => join(dirname(page), path!));
  expect([...named, ...linked].filter((path) => !existsSync(path))).toEqual([]);
});

test('ARCHITECTURE answers where things are', () => {
  const table = readFileSync('ARCHITECTURE.md', 'utf8').split('## Where is …')[1]!.split('\n## ')[0]!;
  expect(table.split('\n').filter((line) => line.startsWith('| ')).length - 2).toBeGreaterThanOrEqual(20);
});
