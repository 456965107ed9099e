import type { Db } from '../../schema/open.ts';
import { wallUs } from '../../schema/units.ts';
import type { WallUs } from '../../schema/units.ts';
import { changesBetween } from '../stream/clock.ts';
import type { ClockReading } from '../stream/clock.ts';

/** Notes what the clock does beside running. Throws SqliteError when it can't write. */
export type ClockChanges = {
  /** To be called with every interval. */
  look(now: ClockReading): void;
  /**
   * The time by which to tell what is older than `ageUs`. Of the jumps of the last `ageUs` nobody knows which rows
   * were dated right: the time is so early that none of them makes a row look older than the host has run since.
   */
  agedNow(now: ClockReading, ageUs: number): WallUs;
};

type Last = { readonly boot_id: string; readonly wall_us: number; readonly boot_us: number };
/** A jump that nothing explains: a step, or a reboot, which may have taken any time. */
type Jump = { readonly change_us: number; readonly boot_us: number; readonly boot_id: string };

export function createClockChanges(
  db: Db,
  sessionId: number,
  bootId: string,
  start: ClockReading,
): ClockChanges {
  const insert = db.prepare(
    'INSERT INTO clock_change (session_id, at_us, boot_us, kind, change_us) VALUES (?, ?, ?, ?, ?)',
  );
  const keep = db.prepare('INSERT OR REPLACE INTO clock_reading VALUES (?, ?, ?)');
  const jumps = db.prepare<[], Jump>(
    `SELECT change_us, boot_us, boot_id FROM clock_change JOIN session_record USING (session_id)
     WHERE kind <> 'suspend' ORDER BY change_id DESC`,
  );
  const note = (kind: string, changeUs: number, { wallUs: at, bootUs }: ClockReading): void => {
    insert.run(sessionId, Math.round(at), Math.round(bootUs), kind, Math.round(changeUs));
  };
  const noteSince = (last: Last): void => {
    if (last.boot_id !== bootId) {
      note('reboot', start.wallUs - last.wall_us, start);
      return;
    }
    // How much of the time the host slept is not known: that explains no step.
    const then = { wallUs: last.wall_us, bootUs: last.boot_us, monotonicUs: last.boot_us };
    const awake = { ...start, monotonicUs: start.bootUs };
    for (const { kind, changeUs } of changesBetween(then, awake)) note(kind, changeUs, start);
  };

  const last = db
    .prepare<[number], Last>(
      `SELECT boot_id, wall_us, clock_reading.boot_us FROM clock_reading JOIN session_record USING (session_id)
       WHERE session_id < ? ORDER BY session_id DESC LIMIT 1`,
    )
    .get(sessionId);
  if (last) noteSince(last);
  let before = start;
  return {
    look(now) {
      for (const { kind, changeUs } of changesBetween(before, now)) note(kind, changeUs, now);
      before = now;
      keep.run(sessionId, Math.round(now.wallUs), Math.round(now.bootUs));
    },
    agedNow(now, ageUs) {
      let sum = 0;
      let most = 0;
      for (const { change_us, boot_us, boot_id } of jumps.all()) {
        const ranUs = boot_id === bootId ? now.bootUs - boot_us : now.bootUs;
        if (ranUs >= ageUs) break;
        sum += change_us;
        most = Math.max(most, sum);
      }
      return wallUs(Math.round(now.wallUs - most));
    },
  };
}
