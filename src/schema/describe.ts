import { readFileSync } from 'node:fs';
import { packageFile } from '../package-file.ts';
import { VIEWS } from './open.ts';

export type ColumnDescription = { readonly name: string; readonly comment: string };

export type ViewDescription = {
  readonly name: string;
  readonly summary: string;
  readonly columns: readonly ColumnDescription[];
};

/** The public views as their own SQL comments describe them. Throws on a column without one. */
export function describeViews(): ViewDescription[] {
  return VIEWS.map((name) =>
    parseView(name, readFileSync(packageFile(`src/schema/views/${name}.sql`), 'utf8')),
  );
}

/** One view's summary and columns, from the text of its file in views/. */
export function parseView(name: string, sql: string): ViewDescription {
  const [before, after] = sql.split(`CREATE VIEW ${name} (`);
  const list = after?.split(/^\) AS$/mu)[0];
  if (before === undefined || list === undefined) {
    throw new Error(`views/${name}.sql: expected "CREATE VIEW ${name} (" and, on its own line, ") AS"`);
  }
  const summary = before
    .split('\n')
    .map((line) => line.replace(/^--\s*/u, '').trim())
    .join(' ')
    .trim();
  if (summary === '') throw new Error(`views/${name}.sql: the comment before CREATE VIEW is missing`);
  const lines = list.split('\n').filter((line) => line.trim() !== '');
  return { name, summary, columns: lines.map((line) => parseColumn(name, line)) };
}

function parseColumn(view: string, line: string): ColumnDescription {
  const match = /^\s*(\w+),?\s*(?:--\s*(.*\S))?\s*$/u.exec(line);
  const [, name, comment] = match ?? [];
  if (name === undefined) throw new Error(`views/${view}.sql: one column a line, seen: ${line.trim()}`);
  if (comment === undefined) throw new Error(`views/${view}.sql: column ${name} has no comment`);
  return { name, comment };
}
