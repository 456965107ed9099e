import type { Db } from '../../schema/open.ts';
import { INFLIGHT_SLOT_US } from '../../schema/probes/block.ts';
import { overlapSql } from '../overlap.ts';
import type { Filters, Window } from '../window.ts';
import { narrowing } from '../window.ts';

export type Owner = { readonly container: string | null; readonly cgroup_path: string | null };

/** One owner whose I/O was in flight while slow operations of one kind were under way. */
export type OverlapRow = Owner & {
  op: string;
  /** The disk. */
  device: string;
  /** Slow operations, and how long they took together. */
  op_count: number;
  latency_ns_sum: number;
  /** Of that time, with the owner's I/O in flight on that disk. */
  overlap_ns_sum: number;
};

/** The operations are the victim's. */
export type BlameRow = OverlapRow & {
  /** 1: the victim itself. */
  is_self: 0 | 1;
};

export const blameColumns = [
  'op',
  'container',
  'cgroup_path',
  'device',
  'op_count',
  'latency_ns_sum',
  'overlap_ns_sum',
  'is_self',
] as const satisfies readonly (keyof BlameRow)[];

export type BlameQuery = Filters & { readonly victim: string; readonly limit: number };

export type Blame = {
  readonly rows: readonly BlameRow[];
  /** Owners there are without the limit. */
  readonly row_count: number;
  /** The victim's slow operations in the window, whether or not anything was in flight. */
  readonly slow_op_count: number;
  /** Whether whose I/O was in flight was recorded while they were under way, be it nobody's. */
  readonly isRecorded: boolean;
};

/** Beside whose I/O a container's slow operations were under way. */
export function blame(db: Db, query: BlameQuery): Blame {
  const { sql, values } = narrowing({ ...query, container: query.victim });
  const where = `ended_us >= ? AND ended_us < ?${sql}`;
  const bounds = [query.window.fromUs, query.window.toUs, ...values];
  return db.transaction(() => {
    const slow_op_count = db
      .prepare<(string | number)[], number>(`SELECT count(*) FROM slow WHERE ${where}`)
      .pluck()
      .get(...bounds);
    const rows = overlaps(db, where, bounds).map((row): BlameRow => {
      return { ...row, is_self: row.container === query.victim ? 1 : 0 };
    });
    return {
      rows: rows.slice(0, query.limit),
      row_count: rows.length,
      slow_op_count: slow_op_count ?? 0,
      isRecorded: rows.length > 0 || isInflightRecorded(db, query.window),
    };
  })();
}

/** Slots are kept where something is slow: of a window without any, the block probe or its room was missing. */
function isInflightRecorded(db: Db, { fromUs, toUs }: Window): boolean {
  const find = db.prepare<[number, number]>(
    `SELECT 1 FROM inflight WHERE started_us > ? - ${String(INFLIGHT_SLOT_US)} AND started_us < ? LIMIT 1`,
  );
  return find.get(fromUs, toUs) !== undefined;
}

/** Whose I/O was in flight during the slow operations that meet the condition, most first. */
export function overlaps(db: Db, where: string, values: readonly (string | number)[]): OverlapRow[] {
  return db
    .prepare<(string | number)[], OverlapRow>(
      `SELECT op, container, cgroup_path, device, slow_count AS op_count, latency_ns_sum, overlap_ns_sum
       FROM (${overlapSql({ where, isByVictim: false, isByDisk: true })})`,
    )
    .all(...values);
}
