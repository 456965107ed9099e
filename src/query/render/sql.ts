import type { SqlValue } from '../reports/sql.ts';
import type { Screen } from './table.ts';
import { table } from './table.ts';

/** Rows of a query of the user's own, whole: nothing is cut, whatever the width. */
export function sqlTable(
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  { colour }: Screen,
): string {
  const shown = columns.map((header, index) => ({
    header,
    align: rows.every((row) => isNumeric(row[index])) ? ('right' as const) : ('left' as const),
    text: (row: readonly SqlValue[]) => valueText(row[index]),
    tone: (row: readonly SqlValue[]) => (row[index] === null ? ('faint' as const) : undefined),
  }));
  return table(shown, rows, { width: undefined, colour });
}

function isNumeric(value: SqlValue | undefined): boolean {
  return value === null || typeof value === 'bigint' || typeof value === 'number';
}

function valueText(value: SqlValue | undefined): string {
  if (value === null || value === undefined) return 'null';
  return value instanceof Uint8Array ? `x'${Buffer.from(value).toString('hex')}'` : String(value);
}
