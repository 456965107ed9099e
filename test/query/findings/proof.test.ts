import { describe, expect, test } from 'vitest';
import { isFailure } from '../../../src/failure.ts';
import { catalogues } from '../../../src/query/findings/catalogue/catalogue.ts';
import type { Diagnosis } from '../../../src/query/findings/diagnose.ts';
import type { Evidence } from '../../../src/query/findings/evidence.ts';
import { formatNumber } from '../../../src/query/render/diagnosis/words.ts';
import { sql } from '../../../src/query/reports/sql.ts';
import type { Case } from './cases.ts';
import { cases } from './cases.ts';
import type { Incident } from './incident.ts';

const incidents = cases.flatMap(({ rule, incident, control }: Case) => [
  { name: rule, incident },
  { name: `not ${rule}`, incident: control },
]);

/** What `iotrace sql` answers to a printed query, as numbers and text. */
function asked(node: Incident, query: string): { columns: readonly string[]; rows: unknown[][] } {
  const result = sql(node.db, query);
  if (isFailure(result)) throw new Error(`${JSON.stringify(result)}\n${query}`);
  const rows = [...result.rows].map((row) =>
    row.map((value) => (typeof value === 'bigint' ? Number(value) : value)),
  );
  return { columns: result.columns, rows };
}

const evidenceOf = ({ findings, victim, waiting }: Diagnosis): Evidence[] => [
  ...findings.flatMap(({ evidence }) => evidence),
  ...(victim ? [victim.evidence, victim.slots] : []),
  waiting,
];

describe.each(incidents)('$name', ({ incident }) => {
  test('each printed query gives the table above it', () => {
    const node = incident();
    for (const { sql: query, columns, rows } of evidenceOf(node.diagnose())) {
      expect(asked(node, query)).toEqual({ columns, rows });
    }
  });

  test('each number of a finding is in its tables, as it is written', () => {
    const { findings, waiting } = incident().diagnose();
    for (const { sentence, evidence, rule } of findings) {
      const written = numbersIn([...evidence, waiting]);
      for (const [name, value] of Object.entries(sentence.values)) {
        if (typeof value === 'number')
          expect([rule, name, written]).toEqual([
            rule,
            name,
            expect.arrayContaining([formatNumber(name, value)]),
          ]);
      }
    }
  });

  test('each number of what was ruled out is in its query’s answer', () => {
    const node = incident();
    for (const { rule, sentence, sql: query } of node.diagnose().excluded) {
      const { columns, rows } = asked(node, query);
      const written = numbersIn([{ columns, rows }]);
      for (const [name, value] of Object.entries(sentence.values)) {
        const isNumber = typeof value === 'number' && value !== 0;
        if (isNumber)
          expect([rule, name, written]).toEqual([
            rule,
            name,
            expect.arrayContaining([formatNumber(name, value)]),
          ]);
      }
    }
  });

  test('no finding is without rows', () => {
    for (const { rule, evidence } of incident().diagnose().findings) {
      expect([rule, evidence[0]?.rows.length ?? 0]).not.toEqual([rule, 0]);
    }
  });

  test('each column has a title in both languages', () => {
    const names = evidenceOf(incident().diagnose()).flatMap(({ columns }) => columns);
    const titles = names.map((name) => `column.${name.replace(/^before_/u, '')}`);
    for (const catalogue of Object.values(catalogues)) {
      expect(titles.filter((key) => !Object.keys(catalogue).includes(key))).toEqual([]);
    }
  });
});

/** Every number of the tables, their columns' sums, and its number of rows, in every unit a sentence may write it in. */
function numbersIn(
  tables: readonly { columns: readonly string[]; rows: readonly (readonly unknown[])[] }[],
): string[] {
  return tables.flatMap(({ columns, rows }) => [
    formatNumber('row_count', rows.length),
    ...columns.flatMap((name, index) => {
      const numbers = rows.map((row) => row[index]).filter((value) => typeof value === 'number');
      const sum = numbers.reduce((total, value) => total + value, 0);
      return [...numbers, sum].map((value) => formatNumber(name, value));
    }),
  ]);
}
