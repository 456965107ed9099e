import type { Db } from '../../schema/open.ts';
import { nowUs } from '../../schema/units.ts';
import type { GovernorStep } from '../cost/governor.ts';
import type { CostSample } from '../cost/sampling.ts';

/** Writes what a session's probes cost, and what was done about it. Throws SqliteError when it can't. */
export function createSessionCosts(db: Db, sessionId: number) {
  const insertSample = db.prepare(
    `INSERT INTO cost_sample (session_id, started_us, ended_us, op_count, run_time_ns, map_memory_bytes)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const insertProgram = db.prepare('INSERT INTO program VALUES (?, ?, ?, ?, ?, ?)');
  const insertStep = db.prepare(
    `INSERT INTO governor_step (session_id, at_us, level, detail, cpu_percent, max_cpu_percent)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  return {
    sample: db.transaction((sample: CostSample): void => {
      const { startedBootUs, endedBootUs, opCount, runTimeNs, mapMemoryBytes, programs } = sample;
      const endedUs = nowUs();
      const startedUs = endedUs - (endedBootUs - startedBootUs);
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
    }),
    step({ level, detail, cpuPercent, maxCpuPercent }: GovernorStep): void {
      insertStep.run(sessionId, nowUs(), level, detail, cpuPercent, maxCpuPercent);
    },
  };
}
