import type { WallUs } from '../schema/units.ts';

/** A span of time, both µs since 1970. Intervals that overlap it count whole. */
export type Window = { readonly fromUs: WallUs; readonly toUs: WallUs };

/** What narrows an answer down, whichever report gives it. */
export type Filters = {
  readonly window: Window;
  /** Operation names; empty: all. */
  readonly ops: readonly string[];
  /** Exact container name; `undefined`: all, and what runs outside containers. */
  readonly container: string | undefined;
  /** File classes; empty or missing: all. */
  readonly classes?: readonly string[];
};

/** SQL for `op`, `class` and `container`, each with a leading AND, and the values of its parameters. */
export function narrowing({ ops, container, classes = [] }: Filters): { sql: string; values: string[] } {
  const oneOf = (column: string, values: readonly string[]): string =>
    values.length === 0 ? '' : ` AND ${column} IN (${values.map(() => '?').join(', ')})`;
  const byContainer = container === undefined ? '' : ' AND container = ?';
  return {
    sql: oneOf('op', ops) + oneOf('class', classes) + byContainer,
    values: [...ops, ...classes, ...(container === undefined ? [] : [container])],
  };
}
