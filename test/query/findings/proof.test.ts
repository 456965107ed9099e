import { describe, expect, test } from 'vitest';
import { isFailure } from '../../../src/failure.ts';
import { catalogues } from '../../../src/query/findings/catalogue/catalogue.ts';
import type { Diagnosis } from '../../../src/query/findings/diagnose.ts';
import type { Evidence } from '../../../src/query/findings/evidence.ts';
import { formatNumber } from '../../../src/query/render/diagnosis/words.ts';
import { sql } from '../../../src/query/reports/sql.ts';
import { snapped } from '../../../src/query/cover.ts';
import { compareSql } from '../../../src/query/findings/sql.ts';
import { top } from '../../../src/query/reports/top.ts';
import { wallUs } from '../../../src/schema/units.ts';
import type { Case } from './cases.ts';
import { api, cases, usual } from './cases.ts';
import type { Incident } from './incident.ts';
import { START_US } from './incident.ts';

/** The same window as `iotrace top` is asked about it, off the intervals at both ends. */
describe('of a window that cuts intervals', () => {
  const window = { fromUs: wallUs(START_US + 90e6), toUs: wallUs(START_US + 330e6) };
  const baseline = { fromUs: wallUs(START_US - 600e6), toUs: wallUs(START_US) };
  test.each(['fsync', 'read'])('%s has the number and percentiles that top has', (op) => {
    const node = usual({ sync_ns: 60e6 }).does('window', api, {
      op: 'read',
      variant: 'device',
      per_s: 9,
      latency_ns: 90e6,
    });
    const { victim } = node.diagnose({ periods: { window, baseline }, container: 'api' });
    const scope = {
      periods: { window: snapped(node.db, window), baseline },
      ...{ hasBaseline: true, hasFileIo: true, container: 'api' },
    };
    const compared = node.db
      .prepare<[], Record<string, number>>(compareSql(scope, { ops: [op], who: victim!.victim }))
      .get();
    const [row] = top(node.db, {
      window,
      ops: [op],
      container: 'api',
      by: ['container'],
      sort: 'latency',
      limit: 1,
    }).rows;
    const ofTop = (['op_count', 'latency_ns_p50', 'latency_ns_p99', 'latency_ns_max'] as const).map(
      (name) => row?.[name],
    );
    expect(
      ['op_count', 'latency_ns_p50', 'latency_ns_p99', 'latency_ns_max'].map((name) => compared?.[name]),
    ).toEqual(ofTop);
    // Five minutes, of which the first and the last are cut.
    expect(row?.op_count).toBe(op === 'fsync' ? 5 * 60 * 5 : 109 * 60 * 5);
  });

  test('the victim’s numbers are those of the snapped window', () => {
    const node = usual({ sync_ns: 60e6 });
    const { victim, periods } = node.diagnose({ periods: { window, baseline } });
    expect(victim?.victim.op_count).toBe(5 * 60 * 5);
    expect(periods.window).toEqual({ fromUs: window.fromUs, toUs: START_US + 360e6 });
  });
});

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
