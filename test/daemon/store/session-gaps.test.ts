import { beforeEach, describe, expect, test } from 'vitest';
import { createSessionGaps } from '../../../src/daemon/store/session-gaps.ts';
import type { Db } from '../../../src/schema/open.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { memoryDatabase } from '../recording.ts';

let db: Db;
beforeEach(() => {
  ({ db } = memoryDatabase());
  db.exec('DELETE FROM session_record');
});

function addSession(startedUs: number, endedUs: number | null): number {
  return Number(
    db
      .prepare(
        `INSERT INTO session_record VALUES (NULL, 'boot', 'host', 1, ?, ?, ?, NULL, '0', '6.1', '0.17', 2, 5000, 10000000, '[]')`,
      )
      .run(startedUs, startedUs, endedUs).lastInsertRowid,
  );
}

function addInterval(sessionId: number, endedUs: number): void {
  db.prepare(
    `INSERT INTO interval (session_id, started_us, ended_us, stored_op_count, kernel_op_count, row_count,
       daemon_cpu_us, daemon_rss_bytes, bpftrace_cpu_us, bpftrace_rss_bytes, database_bytes)
     VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0)`,
  ).run(sessionId, endedUs - 5, endedUs);
}

const gaps = () => db.prepare('SELECT session_id, started_us, ended_us, detail FROM loss').all();
const KILLED = 'the daemon ended without a word: it was killed, or the host went down';

describe('a gap', () => {
  test('reaches from the last interval to where counting begins again, and keeps its first reason', () => {
    const session = addSession(100, null);
    const of = createSessionGaps(db, session, wallUs(100));
    addInterval(session, 150);
    addInterval(session, 160);
    of.open('bpftrace was killed');
    of.open('it did not start');
    expect(gaps()).toEqual([]);
    of.close(wallUs(200));
    of.close(wallUs(300));
    const row = { session_id: session, started_us: 160, ended_us: 200, detail: 'bpftrace was killed' };
    expect(gaps()).toEqual([row]);
  });

  test('of a session that counted nothing yet begins with it', () => {
    const session = addSession(100, null);
    const of = createSessionGaps(db, session, wallUs(100));
    of.open('died');
    of.close(wallUs(120));
    expect(gaps()).toEqual([{ session_id: session, started_us: 100, ended_us: 120, detail: 'died' }]);
  });
});

describe('a daemon that was killed', () => {
  test('has its gap written by the next one, once', () => {
    const killed = addSession(100, null);
    addInterval(killed, 160);
    const next = addSession(500, null);
    createSessionGaps(db, next, wallUs(500)).close(wallUs(510));
    addInterval(next, 520);
    const row = { session_id: killed, started_us: 160, ended_us: 510, detail: KILLED };
    expect(gaps()).toEqual([row]);
    createSessionGaps(db, addSession(600, null), wallUs(600)).close(wallUs(610));
    expect(gaps()).toEqual([row, { session_id: next, started_us: 520, ended_us: 610, detail: KILLED }]);
  });

  test('again and again before it counted leaves one gap', () => {
    const counted = addSession(100, null);
    addInterval(counted, 160);
    addSession(200, null);
    addSession(300, null);
    createSessionGaps(db, addSession(400, null), wallUs(400)).close(wallUs(410));
    expect(gaps()).toEqual([{ session_id: counted, started_us: 160, ended_us: 410, detail: KILLED }]);
  });

  test('is not one that was stopped', () => {
    const stopped = addSession(100, 170);
    addInterval(stopped, 160);
    createSessionGaps(db, addSession(500, null), wallUs(500)).close(wallUs(510));
    expect(gaps()).toEqual([]);
  });
});
