import type { Db } from '../../../schema/open.ts';

export type Cell = string | number | null;

/** Rows, and the query that gives them: what is printed is what was run. */
export type Answer = {
  readonly sql: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
};

export function ask(db: Db, sql: string): Answer {
  const statement = db.prepare<[], Cell[]>(sql);
  const columns = statement.columns().map(({ name }) => name);
  return { sql, columns, rows: statement.raw().all() };
}
