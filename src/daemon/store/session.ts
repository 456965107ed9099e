import { readFileSync } from 'node:fs';
import type { Failure } from '../../failure.ts';
import { failure } from '../../failure.ts';
import type { LossKind } from '../../schema/losses.ts';
import type { Db } from '../../schema/open.ts';
import { nowUs } from '../../schema/units.ts';
import { iotraceVersion } from '../../schema/version.ts';
import type { Capabilities } from '../bpftrace/capabilities.ts';
import type { CostSample } from '../cost/sampling.ts';
import type { CoverageLine, PlannedProbe, RecordOptions, Summary } from '../contract.ts';

/** One run of the daemon, as rows: when, with what plan, what was proven, what went wrong. */
export type Session = {
  readonly sessionId: number;
  planned(plan: readonly PlannedProbe[]): void;
  proven(lines: readonly CoverageLine[]): void;
  /** What the probes cost in an interval. */
  sampled(sample: CostSample): void;
  /** The budgets were changed. */
  governed(step: GovernorStep): void;
  /** No capture ran for a moment. */
  gap(detail: string): void;
  end(how: string): void;
  summary(endedHow: string): Summary;
};

export type GovernorStep = {
  readonly level: number;
  readonly detail: string;
  readonly cpuPercent: number;
  readonly maxCpuPercent: number;
};

export function createSession(db: Db, host: Capabilities, options: RecordOptions): Session | Failure {
  const other = runningElsewhere(db, host.bootId);
  if (other !== undefined) return failure('already-recording', { path: options.databasePath, pid: other });
  const started = nowUs();
  const sessionId = Number(
    db
      .prepare(
        `INSERT INTO session_record (boot_id, host, pid, started_us, alive_us, iotrace_version, kernel_release,
           bpftrace_version, cpu_count, interval_ms, slow_ns, plan)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]')`,
      )
      .run(
        host.bootId,
        host.host,
        process.pid,
        started,
        started,
        iotraceVersion,
        host.kernelRelease,
        host.bpftraceVersion.join('.'),
        host.cpuCount,
        options.intervalMs,
        options.slowNs,
      ).lastInsertRowid,
  );
  const insertSample = db.prepare(
    `INSERT INTO cost_sample (session_id, started_us, ended_us, op_count, run_time_ns, map_memory_bytes)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const insertProgram = db.prepare('INSERT INTO program VALUES (?, ?, ?, ?, ?, ?)');
  const insertStep = db.prepare(
    `INSERT INTO governor_step (session_id, at_us, level, detail, cpu_percent, max_cpu_percent)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  let coverage: readonly CoverageLine[] = [];
  // A full disk must not end the capture: what can't be written of the session is said instead.
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
        db.prepare('UPDATE session_record SET plan = ? WHERE session_id = ?').run(
          JSON.stringify(plan),
          sessionId,
        );
      });
    },
    proven(lines) {
      coverage = lines;
      const write = db.prepare('INSERT OR REPLACE INTO coverage_record VALUES (?, ?, ?, ?, ?, ?, ?)');
      const writeAll = db.transaction(() => {
        for (const { probe, subject, state, reason, fix } of lines) {
          write.run(sessionId, probe, subject, state, reason, fix, nowUs());
        }
      });
      safely('the coverage', writeAll);
    },
    sampled({ startedBootUs, endedBootUs, opCount, runTimeNs, mapMemoryBytes, programs }) {
      const endedUs = nowUs();
      const startedUs = endedUs - (endedBootUs - startedBootUs);
      const write = db.transaction(() => {
        const { lastInsertRowid } = insertSample.run(
          sessionId,
          startedUs,
          endedUs,
          opCount,
          runTimeNs,
          mapMemoryBytes,
        );
        for (const { name, programCount, runCount, runTimeNs: ns, missedCount } of programs) {
          insertProgram.run(lastInsertRowid, name, programCount, runCount, ns, missedCount);
        }
      });
      safely('the cost of the probes', write);
    },
    governed({ level, detail, cpuPercent, maxCpuPercent }) {
      safely("the governor's step", () => {
        insertStep.run(sessionId, nowUs(), level, detail, cpuPercent, maxCpuPercent);
      });
    },
    gap(detail) {
      safely('a gap', () => {
        const since = db
          .prepare('SELECT alive_us FROM session_record WHERE session_id = ?')
          .pluck()
          .get(sessionId);
        db.prepare(
          `INSERT INTO loss_record (session_id, started_us, ended_us, kind, op_id, lost_count, detail)
           VALUES (?, ?, ?, ?, NULL, 1, ?)`,
        ).run(sessionId, since, nowUs(), 'gap' satisfies LossKind, detail);
      });
    },
    end(how) {
      const now = nowUs();
      safely('the end of the session', () => {
        db.prepare(
          'UPDATE session_record SET alive_us = ?, ended_us = ?, ended_how = ? WHERE session_id = ?',
        ).run(now, now, how, sessionId);
      });
    },
    summary(endedHow) {
      const operations = db.prepare<[number], Summary['operations'][number]>(
        `SELECT operation.op AS op, sum(total.op_count) AS op_count
         FROM total JOIN interval USING (interval_id) JOIN operation USING (op_id)
         WHERE interval.session_id = ? GROUP BY op ORDER BY op_id`,
      );
      const losses = db.prepare<[number], Summary['losses'][number]>(
        'SELECT kind, sum(lost_count) AS lost_count FROM loss_record WHERE session_id = ? GROUP BY kind ORDER BY kind',
      );
      return {
        sessionId: sessionId,
        databasePath: options.databasePath,
        durationMs: (nowUs() - started) / 1000,
        endedHow,
        operations: operations.all(sessionId),
        losses: losses.all(sessionId),
        coverage,
      };
    },
  };
}

type LastRun = { readonly pid: number; readonly boot_id: string; readonly ended_us: number | null };

/** The pid of a daemon that records into this database now. */
function runningElsewhere(db: Db, bootId: string): number | undefined {
  const last = db
    .prepare<[], LastRun>(
      'SELECT pid, boot_id, ended_us FROM session_record ORDER BY session_id DESC LIMIT 1',
    )
    .get();
  if (!last || last.ended_us !== null || last.boot_id !== bootId || last.pid === process.pid)
    return undefined;
  try {
    const command = readFileSync(`/proc/${String(last.pid)}/cmdline`, 'utf8');
    return /iotrace|cli\.js/u.test(command) ? last.pid : undefined;
  } catch {
    return undefined;
  }
}
