import { afterEach, beforeEach, expect, test } from 'vitest';
import { explain, isFailure } from '../../src/failure.ts';
import { csv } from '../../src/query/render/csv.ts';
import { json } from '../../src/query/render/json.ts';
import { sqlTable } from '../../src/query/render/sql.ts';
import { refusal, sql } from '../../src/query/reports/sql.ts';
import { demo } from './demo.ts';
import type { Recording } from './recording.ts';

let recording: Recording;
beforeEach(() => {
  recording = demo();
});
afterEach(() => {
  recording.db.close();
});

const screen = { width: undefined, colour: false };

function asked(text: string): { table: string; json: string; csv: string } | string {
  const ask = () => sql(recording.db, text);
  const first = ask();
  if (isFailure(first)) return explain(first);
  const again = (): { columns: readonly string[]; rows: Parameters<typeof csv>[1] } => {
    const result = ask();
    if (isFailure(result)) throw new Error(explain(result));
    return { columns: result.columns, rows: [...result.rows] };
  };
  const rows = [...first.rows];
  const { columns } = first;
  return {
    table: sqlTable(columns, rows, screen),
    json: [...json(columns, again().rows)].join(''),
    csv: [...csv(columns, again().rows)].join(''),
  };
}

test('answers the question of the issue: slow syncs per container', () => {
  const question = `
    -- fsyncs slower than 10 ms per container
    SELECT container, count(*) AS slow_fsyncs, max(latency_ns) / 1e6 AS worst_ms
    FROM slow WHERE op = 'fsync' AND latency_ns > 10e6 GROUP BY container;`;
  expect(asked(question)).toMatchInlineSnapshot(`
    {
      "csv": "container,slow_fsyncs,worst_ms
    api,1,60
    ",
      "json": "[
    {"container":"api","slow_fsyncs":1,"worst_ms":60}
    ]
    ",
      "table": "container  slow_fsyncs  worst_ms
    api                  1        60
    ",
    }
  `);
});

test('integers beyond 2^53 are exact, in every format', () => {
  expect(asked("SELECT 9007199254740993 AS n, 1.5 AS x, NULL AS absent, x'00ff' AS bytes, 9e999 AS much"))
    .toMatchInlineSnapshot(`
    {
      "csv": "n,x,absent,bytes,much
    9007199254740993,1.5,,00ff,Infinity
    ",
      "json": "[
    {"n":9007199254740993,"x":1.5,"absent":null,"bytes":"00ff","much":null}
    ]
    ",
      "table": "               n    x  absent  bytes        much
    9007199254740993  1.5    null  x'00ff'  Infinity
    ",
    }
  `);
});

test('hostile names stay one line in tables and themselves elsewhere', () => {
  expect(asked("SELECT DISTINCT container, file FROM operations WHERE container LIKE 'evil%'"))
    .toMatchInlineSnapshot(`
      {
        "csv": "container,file
      evil\\n\\x1b[31mred,"/tmp/a,b\\r\\n""quoted""\\u202e.txt"
      ",
        "json": "[
      {"container":"evil\\n\\u001b[31mred","file":"/tmp/a,b\\r\\n\\"quoted\\"\\u202e.txt"}
      ]
      ",
        "table": "container          file
      evil\\n\\x1b[31mred  /tmp/a,b\\r\\n"quoted"\\u202e.txt
      ",
      }
    `);
});

test('no rows', () => {
  expect(asked('SELECT op FROM operations WHERE 0')).toMatchInlineSnapshot(`
    {
      "csv": "op
    ",
      "json": "[]
    ",
      "table": "op
    ",
    }
  `);
});

test.each([
  ['SELEC 1', 'SQLite refused the query: near "SELEC": syntax error.'],
  ['SELECT * FROM fsyncs', 'SQLite refused the query: no such table: fsyncs.'],
  ['DELETE FROM session_record', 'SQLite refused the query: it would write, and queries only read.'],
  ['CREATE TABLE x (a)', 'SQLite refused the query: it would write, and queries only read.'],
  ["ATTACH '/tmp/x.db' AS x", 'SQLite refused the query: it returns no rows; type a SELECT.'],
  ['', 'SQLite refused the query: The supplied SQL string contains no statements.'],
  [
    'SELECT 1; SELECT 2',
    'SQLite refused the query: The supplied SQL string contains more than one statement.',
  ],
])('%s is refused', (text, said) => {
  expect(asked(text)).toBe(`${said} The views and their columns: iotrace sql --schema, or docs/schema.md.`);
});

test('what fails while rows are read is the fault of the query too', () => {
  const result = sql(recording.db, 'SELECT sum(n) FROM (SELECT 9223372036854775807 AS n UNION ALL SELECT 1)');
  if (isFailure(result)) throw new Error('refused too early');
  let thrown: unknown;
  try {
    for (const row of result.rows) expect(row).toBeUndefined();
  } catch (error) {
    thrown = error;
  }
  const refused = refusal(thrown);
  expect(refused && explain(refused)).toContain('SQLite refused the query: integer overflow');
  expect(refusal(new Error('our own'))).toBeUndefined();
});
