import type { LossKind } from '../../schema/losses.ts';
import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';

/**
 * Times in which nothing was counted. A gap reaches from the last counted operation, which is the end of an interval,
 * to the first counted one, and becomes a row when that is known. Throws SqliteError when it can't be written.
 */
export type SessionGaps = {
  /** Nothing is counted any more, from `sinceUs` on if that is known; a gap that is open stays what it was. */
  open(detail: string, sinceUs?: number): void;
  /** Counting begins, or nothing will be counted any more. */
  close(now: WallUs): void;
};

/** The session before was never ended: whoever counts next writes its gap. */
const KILLED = 'the daemon ended without a word: it was killed, or the host went down';

type LastSession = {
  readonly session_id: number;
  readonly counted_us: number | null;
  readonly started_us: number;
};

export function createSessionGaps(db: Db, sessionId: number, startedUs: WallUs): SessionGaps {
  const insert = db.prepare<[number, number, number, LossKind, string]>(
    `INSERT INTO loss_record (session_id, started_us, ended_us, kind, op_id, lost_count, detail)
     VALUES (?, ?, ?, ?, NULL, 1, ?)`,
  );
  const lastCounted = db
    .prepare<[number], number | null>('SELECT max(ended_us) FROM interval WHERE session_id = ?')
    .pluck();
  let unfinished = unfinishedBefore(db, sessionId);
  let open: { readonly sinceUs: number; readonly detail: string } | undefined;
  return {
    open(detail, sinceUs) {
      open ??= { sinceUs: sinceUs ?? lastCounted.get(sessionId) ?? startedUs, detail };
    },
    close(now) {
      if (unfinished) insert.run(unfinished.session_id, unfinished.since_us, now, 'gap', KILLED);
      unfinished = undefined;
      if (open) insert.run(sessionId, open.sinceUs, now, 'gap', open.detail);
      open = undefined;
    },
  };
}

/** The session whose intervals were the last, when neither it nor one after it was ended, or its gap written. */
function unfinishedBefore(db: Db, sessionId: number): { session_id: number; since_us: number } | undefined {
  const before = db.prepare<[number, string], LastSession>(
    `SELECT session_id, started_us,
       (SELECT max(ended_us) FROM interval WHERE interval.session_id = session_record.session_id) AS counted_us
     FROM session_record
     WHERE session_id < ? AND session_id > (
       SELECT ifnull(max(ended.session_id), 0) FROM session_record AS ended
       WHERE ended.ended_us IS NOT NULL OR EXISTS (
         SELECT 1 FROM loss_record WHERE loss_record.session_id = ended.session_id AND detail = ?))
     ORDER BY session_id DESC`,
  );
  const sessions = before.all(sessionId, KILLED);
  const last = sessions.find(({ counted_us }) => counted_us !== null) ?? sessions.at(-1);
  return last && { session_id: last.session_id, since_us: last.counted_us ?? last.started_us };
}
