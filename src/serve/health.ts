import type { Machine, SessionRow, SessionState } from '../query/reports/status.ts';
import { latestSession, stateOf } from '../query/reports/status.ts';
import type { Db } from '../schema/open.ts';

export type Health = {
  readonly state: SessionState | 'never';
  /** Since the recording's last sign of life, s; null before the first session. */
  readonly silent_s: number | null;
};

/** Whether something records into the database now. */
export function health(db: Db, machine: Machine): Health {
  const session: SessionRow | undefined = latestSession(db);
  if (!session) return { state: 'never', silent_s: null };
  const silent_s = Math.max(0, Math.round((machine.nowUs - session.alive_us) / 1e6));
  return { state: stateOf(session, machine), silent_s };
}
