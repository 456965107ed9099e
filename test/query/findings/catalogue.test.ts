import { expect, test } from 'vitest';
import type { SentenceKey } from '../../../src/query/findings/catalogue/catalogue.ts';
import { PLACEHOLDER } from '../../../src/query/findings/catalogue/catalogue.ts';
import { en } from '../../../src/query/findings/catalogue/en.ts';
import { zh } from '../../../src/query/findings/catalogue/zh.ts';
import { playbook } from '../../../src/query/findings/playbook.ts';
import { ruleIds } from '../../../src/query/findings/finding.ts';
import { rules } from '../../../src/query/findings/rules/index.ts';

const keys = Object.keys(en) as SentenceKey[];
const placeholders = (text: string): string[] =>
  [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!).toSorted();

test('both languages have every sentence, in the same order', () => {
  expect(Object.keys(zh)).toEqual(keys);
});

test.each(keys)('%s asks for the same values in both languages', (key) => {
  expect(placeholders(zh[key])).toEqual(placeholders(en[key]));
});

test('the Chinese is Chinese: what has no Chinese word in it is a name', () => {
  const untranslated = keys.filter((key) => !/\p{Script=Han}/u.test(zh[key].replaceAll(PLACEHOLDER, '')));
  expect(untranslated.filter((key) => !key.startsWith('column.') && zh[key] !== '')).toEqual([
    'rule.copy-up',
    'label.gap',
    'label.sql',
  ]);
});

test('each measure says what it brings and what it may cost', () => {
  for (const id of Object.keys(playbook)) {
    for (const part of ['do', 'gain', 'risk']) expect(keys).toContain(`${part}.${id}`);
  }
  const measures = keys.filter((key) => key.startsWith('do.')).map((key) => key.slice(3));
  expect(measures.toSorted()).toEqual(Object.keys(playbook).toSorted());
});

test.each(['overlay-volatile', 'containerd-no-sync'] as const)('%s says that it loses data', (id) => {
  expect(en[`risk.${id}`]).toContain('LOSES DATA');
  expect(zh[`risk.${id}`]).toContain('会丢数据');
});

test('each rule has a file, a name, and rivals that exist', () => {
  expect(rules.map(({ id }) => id).toSorted()).toEqual([...ruleIds].toSorted());
  for (const { id, rivals, yieldsTo } of rules) {
    expect(keys).toContain(`rule.${id}`);
    expect([...rivals, ...yieldsTo].filter((other) => other === id)).toEqual([]);
  }
});
