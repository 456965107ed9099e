import type { Db } from '../../schema/open.ts';
import type { Window } from '../window.ts';

export type LossSum = { kind: string; lost_count: number };

/** What was lost in the window, summed by kind, most first. */
export const lossesIn = (db: Db, { fromUs, toUs }: Window): LossSum[] =>
  sums(db, 'ended_us >= ? AND started_us < ?', [fromUs, toUs]);

/** What was lost in a session. */
export const lossesOf = (db: Db, sessionId: number): LossSum[] => sums(db, 'session_id = ?', [sessionId]);

function sums(db: Db, where: string, values: readonly number[]): LossSum[] {
  return db
    .prepare<number[], LossSum>(
      `SELECT kind, sum(lost_count) AS lost_count FROM loss
       WHERE ${where} GROUP BY kind ORDER BY lost_count DESC, kind`,
    )
    .all(...values);
}
