import type { Db } from '../../schema/open.ts';
import { nowUs } from '../../schema/units.ts';
import type { WallUs } from '../../schema/units.ts';
import { iotraceVersion } from '../../schema/version.ts';
import type { Capabilities } from '../bpftrace/capabilities.ts';
import type { CoverageLine, PlannedProbe, RecordOptions, Summary } from '../contract.ts';
import type { GovernorStep } from '../cost/governor.ts';
import type { CostSample } from '../cost/sampling.ts';
import { createSessionCosts } from './session-costs.ts';
import { readClocks } from '../stream/clock.ts';
import { createClockChanges } from './clock-changes.ts';
import { lockPathOf } from './lock.ts';
import { watchPlace } from './place.ts';
import { createSessionGaps } from './session-gaps.ts';

/** One run of the daemon, as rows: when, with what plan, what was proven, what went wrong. */
export type Session = {
  readonly sessionId: number;
  planned(plan: readonly PlannedProbe[]): void;
  proven(lines: readonly CoverageLine[]): void;
  /** What the probes cost in an interval. */
  sampled(sample: CostSample): void;
  /** The budgets were changed. */
  governed(step: GovernorStep): void;
  /** By what time to tell what is older than `ageUs`: after a jump of the clock an earlier one. */
  readonly agedNow: (now: WallUs, ageUs: number) => WallUs;
  /** Looks whether the clock was set, or the host slept; with every interval. */
  lookAtClock(): void;
  /** Nothing is counted any more, from `sinceUs` or the last interval on, until `counting` or the end. */
  gap(detail: string, sinceUs?: number): void;
  /** Whether the database, and its lock, are still where they were opened. */
  isInPlace(): boolean;
  /** When they were last found there; the start before. */
  inPlaceUs(): WallUs;
  /** The probes are attached. */
  counting(): void;
  end(how: string): void;
  summary(endedHow: string): Summary;
};

export function createSession(db: Db, host: Capabilities, options: RecordOptions): Session {
  const started = nowUs();
  const sessionId = insertSession(db, host, options, started);
  const rows = prepareRows(db, sessionId);
  const costs = createSessionCosts(db, sessionId);
  const clock = createClockChanges(db, sessionId, host.bootId, readClocks());
  const { databasePath } = options;
  let inPlaceUs = started;
  const isThere = watchPlace([databasePath, lockPathOf(databasePath)]);
  const gaps = createSessionGaps(db, sessionId, started);
  let coverage: readonly CoverageLine[] = [];
  // A full disk must not end the capture: what can't be written of the session is reported instead.
  const safely = (what: string, write: () => void): void => {
    try {
      write();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`iotrace: ${what} could not be written to ${options.databasePath}: ${reason}\n`);
    }
  };
  return {
    sessionId,
    planned(plan) {
      safely('the plan', () => {
        rows.plan(plan);
      });
    },
    proven(lines) {
      coverage = lines;
      safely('the coverage', () => {
        rows.coverage(lines);
      });
    },
    sampled(sample) {
      safely('the cost of the probes', () => {
        costs.sample(sample);
      });
    },
    governed(step) {
      safely("the governor's step", () => {
        costs.step(step);
      });
    },
    isInPlace() {
      if (!isThere()) return false;
      inPlaceUs = nowUs();
      return true;
    },
    inPlaceUs: () => inPlaceUs,
    gap(detail, sinceUs) {
      safely('a gap', () => {
        gaps.open(detail, sinceUs);
      });
    },
    agedNow: (_, ageUs) => clock.agedNow(readClocks(), ageUs),
    lookAtClock() {
      safely('a change of the clock', () => {
        clock.look(readClocks());
      });
    },
    counting() {
      safely('a gap', () => {
        gaps.close(nowUs());
      });
    },
    end(how) {
      safely('the end of the session', () => {
        gaps.close(nowUs());
        rows.end(how);
      });
    },
    summary: (endedHow) => ({
      sessionId,
      databasePath: options.databasePath,
      endedHow,
      ...sumUp(db, sessionId),
      coverage,
    }),
  };
}

function insertSession(db: Db, host: Capabilities, options: RecordOptions, started: number): number {
  const insert = db.prepare(
    `INSERT INTO session_record (boot_id, host, pid, started_us, alive_us, iotrace_version, kernel_release,
       bpftrace_version, cpu_count, interval_ms, slow_ns, plan)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]')`,
  );
  // prettier-ignore
  const { lastInsertRowid } = insert.run(
    host.bootId, host.host, process.pid, started, started, iotraceVersion, host.kernelRelease,
    host.bpftraceVersion.join('.'), host.cpuCount, options.intervalMs, options.slowNs,
  );
  return Number(lastInsertRowid);
}

function prepareRows(db: Db, sessionId: number) {
  const insertCoverage = db.prepare('INSERT OR REPLACE INTO coverage_record VALUES (?, ?, ?, ?, ?, ?, ?)');
  return {
    plan(plan: readonly PlannedProbe[]): void {
      const update = db.prepare('UPDATE session_record SET plan = ? WHERE session_id = ?');
      update.run(JSON.stringify(plan), sessionId);
    },
    coverage: db.transaction((lines: readonly CoverageLine[]): void => {
      for (const { probe, subject, state, reason, fix } of lines) {
        insertCoverage.run(sessionId, probe, subject, state, reason, fix, nowUs());
      }
    }),
    end(how: string): void {
      const now = nowUs();
      db.prepare(
        'UPDATE session_record SET alive_us = ?, ended_us = ?, ended_how = ? WHERE session_id = ?',
      ).run(now, now, how, sessionId);
    },
  };
}

function sumUp(db: Db, sessionId: number): Pick<Summary, 'durationMs' | 'operations' | 'losses'> {
  const recordedUs = db
    .prepare<[number], number | null>(
      'SELECT sum(recorded_us) FROM spans WHERE session_id = ? AND parent_id IS NULL',
    )
    .pluck();
  const operations = db.prepare<[number], Summary['operations'][number]>(
    `SELECT operation.op AS op, sum(total.op_count) AS op_count
     FROM total JOIN interval USING (interval_id) JOIN operation USING (op_id)
     WHERE interval.session_id = ? GROUP BY op ORDER BY op_id`,
  );
  const losses = db.prepare<[number], Summary['losses'][number]>(
    'SELECT kind, sum(lost_count) AS lost_count FROM loss_record WHERE session_id = ? GROUP BY kind ORDER BY kind',
  );
  return {
    durationMs: (recordedUs.get(sessionId) ?? 0) / 1000,
    operations: operations.all(sessionId),
    losses: losses.all(sessionId),
  };
}
