import { expect, test } from 'vitest';
import { describeViews, parseView } from '../../src/schema/describe.ts';
import { isFailure } from '../../src/failure.ts';
import { openForWriting, VIEWS } from '../../src/schema/open.ts';

test('every column of every view is described, in order', () => {
  const db = openForWriting(':memory:');
  if (isFailure(db)) throw new Error(db.code);
  const described = Object.fromEntries(
    describeViews().map(({ name, columns }) => [name, columns.map((column) => column.name)]),
  );
  const real = VIEWS.map((name) => [
    name,
    db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(name),
  ]);
  expect(described).toEqual(Object.fromEntries(real));
  db.close();
});

test('a view becomes its summary and its columns', () => {
  const sql =
    '-- Things,\n-- and more.\nCREATE VIEW thing (\n  a,  -- the first\n  b   -- the last, really\n) AS\nSELECT 1, 2;\n';
  expect(parseView('thing', sql)).toEqual({
    name: 'thing',
    summary: 'Things, and more.',
    columns: [
      { name: 'a', comment: 'the first' },
      { name: 'b', comment: 'the last, really' },
    ],
  });
});

test.each([
  ['-- T.\nCREATE VIEW t (\n  a,\n  b -- b\n) AS\n', 'views/t.sql: column a has no comment'],
  ['-- T.\nCREATE VIEW t (\n  a, b -- both\n) AS\n', 'views/t.sql: one column a line, seen: a, b -- both'],
  ['CREATE VIEW t (\n  a -- a\n) AS\n', 'views/t.sql: the comment before CREATE VIEW is missing'],
  ['-- T.\nCREATE VIEW u (\n', 'views/t.sql: expected "CREATE VIEW t (" and, on its own line, ") AS"'],
])('what is missing is named', (sql, message) => {
  expect(() => parseView('t', sql)).toThrow(message);
});
