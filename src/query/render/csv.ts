import { csvText } from './escape.ts';
import type { SqlValue } from '../reports/sql.ts';

/** RFC 4180, line by line, each with its CRLF: a header, then the rows. NULL is empty, an empty text is `""`; see `csvText`. */
export function* csv(columns: readonly string[], rows: Iterable<readonly SqlValue[]>): Generator<string> {
  yield line(columns);
  for (const row of rows) yield line(row);
}

/** A document as rows of two columns: the path of each value in it, `cost.daemon_cpu_us`, `losses.0.kind`. */
export function documentCsv(document: unknown): Generator<string> {
  return csv(['path', 'value'], leaves(document, []));
}

function scalar(value: unknown): SqlValue {
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

function* leaves(value: unknown, path: readonly string[]): Generator<[string, SqlValue]> {
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) yield* leaves(member, [...path, name]);
  } else yield [path.join('.'), scalar(value)];
}

const line = (values: readonly SqlValue[]): string => `${values.map(field).join(',')}\r\n`;

function field(value: SqlValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return csvText(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}
