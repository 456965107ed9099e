import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import type { Clock } from '../stream/clock.ts';
import type { IntervalRecord } from './interval-records.ts';
import { kernelOpCount, sumCounts } from '../stream/loss.ts';

/** Writes the rows of an interval whose values need no dictionary, and prepares those that do. */
export function createIntervalRows(db: Db, sessionId: number, clock: Clock) {
  const { interval, loss, alive, ...prepared } = prepare(db);
  const bounds = ({ startedBootUs, endedBootUs }: IntervalRecord['interval']) =>
    [clock.toWall(startedBootUs), clock.toWall(endedBootUs)] as const;
  return {
    ...prepared,
    /** Returns its interval_id. */
    interval({ interval: of, exemplars, cost }: IntervalRecord): number | bigint {
      const rowCount = of.totals.length + of.buckets.length + exemplars.length;
      // prettier-ignore
      return interval.run(
        sessionId, ...bounds(of), sumCounts(of.totals), kernelOpCount(of), rowCount,
        cost.daemonCpuUs, cost.daemonRssBytes, cost.bpftraceCpuUs, cost.bpftraceRssBytes, cost.databaseBytes,
      ).lastInsertRowid;
    },
    losses({ interval: of, losses }: IntervalRecord, intervalId: number | bigint): void {
      const [started, ended] = bounds(of);
      for (const { kind, opId, count, detail } of losses) {
        loss.run(sessionId, intervalId, started, ended, kind, opId, count, detail);
      }
    },
    /** The last sign of life. */
    alive(now: WallUs): void {
      alive.run(now, sessionId);
    },
  };
}

function prepare(db: Db) {
  return {
    interval: db.prepare(
      `INSERT INTO interval (session_id, started_us, ended_us, stored_op_count, kernel_op_count, row_count,
         daemon_cpu_us, daemon_rss_bytes, bpftrace_cpu_us, bpftrace_rss_bytes, database_bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    // Two kernel keys may become one row: a file named under two hashes, a process named late.
    total: db.prepare(
      `INSERT INTO total VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET op_count = op_count + excluded.op_count,
         error_count = error_count + excluded.error_count,
         size_bytes_sum = size_bytes_sum + excluded.size_bytes_sum,
         latency_ns_sum = latency_ns_sum + excluded.latency_ns_sum,
         latency_ns_max = max(latency_ns_max, excluded.latency_ns_max),
         inner_latency_ns_sum = inner_latency_ns_sum + excluded.inner_latency_ns_sum`,
    ),
    bucket: db.prepare(
      `INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET op_count = op_count + excluded.op_count`,
    ),
    exemplar: db.prepare(
      `INSERT INTO exemplar (session_id, ended_us, op_id, variant, cgroup_key, process_key, tid, thread, file_key,
         size_bytes, latency_ns, inner_latency_ns, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    loss: db.prepare(
      `INSERT INTO loss_record (session_id, interval_id, started_us, ended_us, kind, op_id, lost_count, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    alive: db.prepare('UPDATE session_record SET alive_us = ? WHERE session_id = ?'),
  };
}
