import { operationNames } from '../schema/probes/index.ts';
import type { WallUs } from '../schema/units.ts';

/** A span of time, both µs since 1970. Intervals that overlap it count whole. */
export type Window = { readonly fromUs: WallUs; readonly toUs: WallUs };

/** What narrows an answer down, whichever report gives it. */
export type Filters = {
  readonly window: Window;
  /** Operation names; empty: all but those of devices that pass their I/O on. */
  readonly ops: readonly string[];
  /** Exact container name; `undefined`: all, and what runs outside containers. */
  readonly container: string | undefined;
  /** File classes; empty or missing: all. */
  readonly classes?: readonly string[];
};

/** What a device passes on comes again as requests to the disks below: not both, unless it is asked for. */
export const unstackedOps = operationNames.filter((name) => !name.startsWith('block_stacked_'));

/** The operations asked for, or those that are when none is named. */
export const chosenOps = ({ ops }: Pick<Filters, 'ops'>): readonly string[] =>
  ops.length === 0 ? unstackedOps : ops;

/** SQL for `op`, `class` and `container`, each with a leading AND, and the values of its parameters. */
export function narrowing(filters: Filters): { sql: string; values: string[] } {
  const { container, classes = [] } = filters;
  const oneOf = (column: string, values: readonly string[]): string =>
    values.length === 0 ? '' : ` AND ${column} IN (${values.map(() => '?').join(', ')})`;
  const chosen = chosenOps(filters);
  const byContainer = container === undefined ? '' : ' AND container = ?';
  return {
    sql: oneOf('op', chosen) + oneOf('class', classes) + byContainer,
    values: [...chosen, ...classes, ...(container === undefined ? [] : [container])],
  };
}
