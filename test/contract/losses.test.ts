import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeViews } from '../../src/schema/describe.ts';
import { lossDefinition, losses } from '../../src/schema/losses.ts';

test('the view loss documents every kind, with its meaning and cause', () => {
  const { columns } = describeViews().find(({ name }) => name === 'loss')!;
  const documented = columns.find(({ name }) => name === 'kind')?.comment;
  const all = Object.entries(losses).map(
    ([kind, { meaning, cause }]) => `${kind}: ${meaning}${cause === null ? '' : ` (${cause})`}`,
  );
  expect(documented).toBe(all.join('; '));
});

test('views that sum losses ask for kinds that there are', () => {
  const views = readdirSync('src/schema/views')
    .map((name) => readFileSync(`src/schema/views/${name}`, 'utf8'))
    .filter((sql) => sql.includes('loss_record'));
  const asked = views.flatMap((sql) => [...sql.matchAll(/\bkind = '(\w+)'/gu)].map(([, kind]) => kind!));
  expect(asked.length).toBeGreaterThan(4);
  expect(asked.filter((kind) => lossDefinition(kind) === undefined)).toEqual([]);
});
