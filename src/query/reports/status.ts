import { parseJson } from '../../json.ts';
import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { wallUs } from '../../schema/units.ts';
import type { CoverageRow } from './coverage.ts';
import { sessionCoverage } from './coverage.ts';
import type { LossSum } from './losses.ts';
import { lossesOf } from './losses.ts';

/** What only this machine can tell about a session. */
export type Machine = {
  readonly nowUs: WallUs;
  /** /proc/sys/kernel/random/boot_id; `undefined` where it can't be read. */
  readonly bootId: string | undefined;
  readonly isAlive: (pid: number) => boolean;
};

/** `vanished`: it neither runs nor said how it ended; up to one interval is missing. */
export type SessionState = 'running' | 'ended' | 'vanished';

export type SessionRow = {
  session_id: number;
  host: string;
  boot_id: string;
  pid: number;
  started_us: number;
  alive_us: number;
  ended_us: number | null;
  ended_how: string | null;
  iotrace_version: string;
  kernel_release: string;
  bpftrace_version: string;
  cpu_count: number;
  interval_ms: number;
  slow_ns: number;
};

export type PlanLine = {
  readonly probe: string;
  /** The program in bpf/; null when none can run. */
  readonly fragment: string | null;
  readonly reasons: readonly string[];
};

export type SessionCost = {
  readonly interval_count: number;
  /** Time the intervals cover, µs. */
  readonly recorded_us: number;
  readonly kernel_op_count: number;
  readonly stored_op_count: number;
  /** Of the probes in the kernel, µs: estimated from samples; null before the first. */
  readonly kernel_cpu_us: number | null;
  readonly kernel_cpu_percent: number | null;
  /** CPU time, µs, and the same in percent of one core over `recorded_us`; null without intervals. */
  readonly daemon_cpu_us: number;
  readonly daemon_cpu_percent: number | null;
  readonly bpftrace_cpu_us: number;
  readonly bpftrace_cpu_percent: number | null;
  /** As of the last interval, bytes; null without intervals. */
  readonly daemon_rss_bytes: number | null;
  readonly bpftrace_rss_bytes: number | null;
  readonly database_bytes: number | null;
  /** Kernel memory of maps and programs at the last sample; null before the first. */
  readonly map_memory_bytes: number | null;
};

/** How much detail the governor leaves now. */
export type Governed = { readonly level: number; readonly detail: string; readonly at_us: number };

export type Status = {
  readonly state: SessionState;
  readonly session: SessionRow;
  readonly session_count: number;
  readonly plan: readonly PlanLine[];
  readonly coverage: readonly CoverageRow[];
  readonly losses: readonly LossSum[];
  readonly cost: SessionCost;
  /** The governor's last step; null when it took none. */
  readonly governed: Governed | null;
};

/** How the latest session fares or fared; `undefined` before the first. */
export function status(db: Db, machine: Machine): Status | undefined {
  return db.transaction(() => {
    const row = latestSession(db);
    if (!row) return undefined;
    const { plan, session_count, ...session } = row;
    return {
      state: stateOf(session, machine),
      session,
      session_count,
      plan: parsePlan(plan),
      coverage: sessionCoverage(db, session.session_id),
      losses: lossesOf(db, session.session_id),
      cost: readCost(db, session.session_id),
      governed: readGoverned(db, session.session_id),
    };
  })();
}

/** Whether the latest session is still recording, and its last sign of life; `undefined` before the first. */
export function latestState(
  db: Db,
  machine: Machine,
): { readonly state: SessionState; readonly endedUs: WallUs } | undefined {
  const session = latestSession(db);
  return session && { state: stateOf(session, machine), endedUs: endOf(session) };
}

/** The latest session; `undefined` before the first. */
export function latestSession(db: Db): (SessionRow & { plan: string; session_count: number }) | undefined {
  return db
    .prepare<[], SessionRow & { plan: string; session_count: number }>(
      `SELECT session_id, host, boot_id, pid, started_us, alive_us, ended_us, ended_how, iotrace_version,
         kernel_release, bpftrace_version, cpu_count, interval_ms, slow_ns, plan,
         (SELECT count(*) FROM session) AS session_count
       FROM session ORDER BY session_id DESC LIMIT 1`,
    )
    .get();
}

/** A daemon writes a sign of life every interval; three without one, or no such process, and it is gone. */
export function stateOf(session: SessionRow, { nowUs, bootId, isAlive }: Machine): SessionState {
  if (session.ended_us !== null) return 'ended';
  const isSilent = nowUs - session.alive_us > 3 * session.interval_ms * 1000;
  const isGone = session.boot_id === bootId && !isAlive(session.pid);
  return isSilent || isGone ? 'vanished' : 'running';
}

function readGoverned(db: Db, sessionId: number): Governed | null {
  const step = db.prepare<[number], Governed>(
    'SELECT level, detail, at_us FROM governor WHERE session_id = ? ORDER BY at_us DESC, level DESC LIMIT 1',
  );
  return step.get(sessionId) ?? null;
}

type CostSums = Omit<SessionCost, 'kernel_cpu_percent' | 'daemon_cpu_percent' | 'bpftrace_cpu_percent'>;

function readCost(db: Db, sessionId: number): SessionCost {
  const sums = db.prepare<[number], CostSums>(COST_SQL).get(sessionId);
  if (!sums) throw new Error('an aggregate without GROUP BY returned no row');
  const percent = (cpuUs: number): number | null =>
    sums.recorded_us > 0 ? (100 * cpuUs) / sums.recorded_us : null;
  return {
    ...sums,
    kernel_cpu_percent: sums.kernel_cpu_us === null ? null : percent(sums.kernel_cpu_us),
    daemon_cpu_percent: percent(sums.daemon_cpu_us),
    bpftrace_cpu_percent: percent(sums.bpftrace_cpu_us),
  };
}

// The bare columns come from the row of max(interval_id), the last interval: documented SQLite behaviour.
const COST_SQL = `
  SELECT interval_count, recorded_us, kernel_op_count, stored_op_count, kernel_cpu_us, daemon_cpu_us,
    bpftrace_cpu_us, daemon_rss_bytes, bpftrace_rss_bytes, database_bytes,
    (SELECT map_memory_bytes FROM cost_samples WHERE session_id = last_session ORDER BY sample_id DESC LIMIT 1)
      AS map_memory_bytes
  FROM (SELECT count(*) AS interval_count, ifnull(sum(ended_us - started_us), 0) AS recorded_us,
    ifnull(sum(kernel_op_count), 0) AS kernel_op_count, ifnull(sum(stored_op_count), 0) AS stored_op_count,
    sum(kernel_cpu_us) AS kernel_cpu_us, max(session_id) AS last_session, ifnull(sum(daemon_cpu_us), 0) AS daemon_cpu_us, ifnull(sum(bpftrace_cpu_us), 0) AS bpftrace_cpu_us,
    max(interval_id), daemon_rss_bytes, bpftrace_rss_bytes, database_bytes
    FROM ledger WHERE session_id = ?)`;

/** `session.plan` is JSON of the daemon's making: a list of {probe, fragment, reasons}. */
export function parsePlan(text: string): PlanLine[] {
  const parsed: unknown = parseJson(text);
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((each: unknown) => planLine(each) ?? []);
}

function planLine(value: unknown): PlanLine | undefined {
  if (typeof value !== 'object' || value === null || !('probe' in value)) return undefined;
  const fragment = 'fragment' in value && typeof value.fragment === 'string' ? value.fragment : null;
  const reasons: unknown[] = 'reasons' in value && Array.isArray(value.reasons) ? value.reasons : [];
  return {
    probe: String(value.probe),
    fragment,
    reasons: reasons.filter((reason) => typeof reason === 'string'),
  };
}

/** The end of the session: when it said so, else its last sign of life; µs since 1970. */
export const endOf = ({ ended_us, alive_us }: SessionRow): WallUs => wallUs(ended_us ?? alive_us);
