import type { Db } from '../../schema/open.ts';
import type { Value } from './catalogue/catalogue.ts';
import type { Proof } from './finding.ts';

/** A table that proves something, and the query that gives it, in full. */
export type Evidence = Proof & {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
};

/** Runs the query of a proof. */
export function prove(db: Db, { title, sql }: Proof): Evidence {
  const statement = db.prepare<[], Value[]>(sql);
  const columns = statement.columns().map(({ name }) => name);
  return { title, sql, columns, rows: statement.raw().all() };
}
