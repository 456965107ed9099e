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
};

/** What a device passes on comes again as requests to the disks below: not both, unless it is asked for. */
const NOT_STACKED =
  " AND op NOT IN ('block_stacked_read', 'block_stacked_write', 'block_stacked_flush', 'block_stacked_discard')";

/** SQL for `op` and `container`, each with a leading AND, and the values of its parameters. */
export function narrowing({ ops, container }: Filters): { sql: string; values: string[] } {
  const byOp = ops.length > 0 ? ` AND op IN (${ops.map(() => '?').join(', ')})` : NOT_STACKED;
  const byContainer = container === undefined ? '' : ' AND container = ?';
  return { sql: byOp + byContainer, values: container === undefined ? [...ops] : [...ops, container] };
}
