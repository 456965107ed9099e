import type { SqlValue } from '../reports/sql.ts';

/** RFC 4180, line by line, each with its CRLF: a header, then the rows. NULL is empty, an empty text is `""`. */
export function* csv(columns: readonly string[], rows: Iterable<readonly SqlValue[]>): Generator<string> {
  yield line(columns);
  for (const row of rows) yield line(row);
}

const line = (values: readonly SqlValue[]): string => `${values.map(field).join(',')}\r\n`;

function field(value: SqlValue): string {
  if (value === null) return '';
  if (typeof value === 'string')
    return /^$|[",\r\n]/u.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}
