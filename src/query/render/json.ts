import { escapeJson } from './escape.ts';
import type { SqlValue } from '../reports/sql.ts';

/**
 * A JSON array of flat objects, in pieces, one object a line. Integers beyond 2^53 are written exactly;
 * blobs as hexadecimal text. Of two columns of one name the last one counts, as in any JSON object.
 */
export function* json(columns: readonly string[], rows: Iterable<readonly SqlValue[]>): Generator<string> {
  const names = columns.map((name) => text(name));
  let isFirst = true;
  for (const row of rows) {
    const members = row.map((value, index) => `${names[index] ?? ''}:${scalar(value)}`);
    yield `${isFirst ? '[\n' : ',\n'}{${members.join(',')}}`;
    isFirst = false;
  }
  yield isFirst ? '[]\n' : '\n]\n';
}

/** One JSON document for a value of plain objects, arrays and scalars, indented. */
export function jsonDocument(value: unknown): string {
  return `${escapeJson(JSON.stringify(value, null, 2))}\n`;
}

function scalar(value: SqlValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return text(value);
  if (value instanceof Uint8Array) return text(Buffer.from(value).toString('hex'));
  // SQLite's REAL knows infinities, JSON does not.
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value);
}

const text = (value: string): string => escapeJson(JSON.stringify(value));
