import { bucketLowerNs } from '../../../schema/buckets.ts';
import { literal } from '../../literal.ts';
import { WHO_NAME } from '../../who.ts';
import type { Slots } from '../timeline.ts';
import { slotsSql } from '../timeline.ts';
import type { Answer } from './answer.ts';

/** Rows of a heatmap: two for each power of two, of the 16 steps a bucket's number counts in it. */
const BUCKETS_PER_LEVEL = 8;

/** The shortest latency in a row of a heatmap, ns. */
export const levelNs = (level: number): number => bucketLowerNs(level * BUCKETS_PER_LEVEL);

/** How many operations of one name took how long, when. */
export type Heat = {
  readonly name: string;
  readonly op: string;
  readonly op_count: number;
  readonly cells: readonly HeatCell[];
};
export type HeatCell = { readonly slot: number; readonly level: number; readonly op_count: number };

/** Whose operations, and which: by container (or cgroup), or by disk. */
export type HeatOf = {
  readonly by: 'who' | 'device';
  readonly ops: readonly string[];
  /** SQL condition on the view cgroups. */
  readonly cgroups?: string | undefined;
};

const KEYS = {
  who: { key: 'cgroup_key', name: WHO_NAME, view: 'cgroups' },
  device: { key: 'device_key', name: "ifnull(device, '(unknown)')", view: 'devices' },
} as const;

/** SQL of all heatmaps: a row for each cell in which something ended. */
export function heatSql({ by, ops, cgroups }: HeatOf, slots: Slots): string {
  const { key, name, view } = KEYS[by];
  const ofCgroups =
    cgroups === undefined ? '' : `\n    AND cgroup_key IN (SELECT cgroup_key FROM cgroups WHERE ${cgroups})`;
  return `WITH ${slotsSql(slots)},
part AS MATERIALIZED (
  SELECT slot, op_id, ${key}, bucket / ${String(BUCKETS_PER_LEVEL)} AS level, sum(op_count) AS op_count
  FROM span_latency JOIN slots USING (span_id)
  WHERE span_id IN (SELECT span_id FROM slots)
    AND op_id IN (SELECT op_id FROM ops WHERE op IN (${ops.map(literal).join(', ')}))${ofCgroups}
  GROUP BY slot, op_id, ${key}, level)
SELECT ${name} AS name, op, slot, level, sum(op_count) AS op_count
FROM part JOIN ops USING (op_id) LEFT JOIN ${view} USING (${key})
GROUP BY name, op, slot, level`;
}

/** The cells of each name and operation. */
export function heats({ rows }: Answer): Heat[] {
  const groups = new Map<string, { name: string; op: string; cells: HeatCell[] }>();
  for (const [name, op, slot, level, op_count] of rows) {
    const key = JSON.stringify([name, op]);
    const group = groups.get(key) ?? { name: String(name), op: String(op), cells: [] };
    group.cells.push({ slot: Number(slot), level: Number(level), op_count: Number(op_count) });
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({
    ...group,
    op_count: group.cells.reduce((sum, cell) => sum + cell.op_count, 0),
  }));
}
