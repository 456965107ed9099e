import type { Facts } from './facts.ts';
import { groups, sumOf } from './facts.ts';
import type { WorkFact } from './queries.ts';
import { devicesSql } from './queries.ts';
import type { DiagnosisScope } from './sql.ts';
import { beside, doneSql, mean } from './sql.ts';
import { literal } from '../literal.ts';
import { over, thresholds } from './thresholds.ts';

/** How a disk fared: by its own counters where they were sampled, else by the requests that were traced. */
export type Load = {
  readonly device: string;
  readonly requests_per_s: number;
  readonly before_requests_per_s: number | null;
  readonly size_bytes_per_s: number;
  readonly before_size_bytes_per_s: number | null;
  /** Mean time of a request, waiting in the queue included. */
  readonly await_ns: number;
  readonly before_await_ns: number | null;
  /** Mean number of requests under way. */
  readonly queue_length: number;
  /** `null`: not sampled. */
  readonly util_percent: number | null;
  readonly isRotational: boolean;
  readonly sql: string;
};

/** The disks of the window, the one with the most requests under way first. */
export function loadsOf(facts: Facts): Load[] {
  const loads = facts.known.has('devices') ? sampledLoads(facts) : tracedLoads(facts);
  return loads.toSorted((a, b) => b.queue_length - a.queue_length);
}

function sampledLoads({ devices, device_settings, scope }: Facts): Load[] {
  return devices.map((row) => ({
    device: row.device,
    requests_per_s: row.requests_per_s,
    before_requests_per_s: row.before_requests_per_s,
    size_bytes_per_s: row.size_bytes_per_s,
    before_size_bytes_per_s: row.before_size_bytes_per_s,
    await_ns: row.await_ns ?? 0,
    before_await_ns: row.before_await_ns,
    queue_length: row.queue_length,
    util_percent: row.util_percent,
    isRotational: device_settings.some((each) => each.device === row.device && each.is_rotational === 1),
    sql: devicesSql(scope, `device = ${literal(row.device)}`),
  }));
}

/** Requests that move data. */
const REQUESTS = ['block_read', 'block_write', 'block_discard'];

function tracedLoads({ work, device_settings, scope }: Facts): Load[] {
  const requests = work.filter(({ op }) => REQUESTS.includes(op));
  return groups(
    requests,
    ({ device }) => device ?? '(unknown)',
    (row) => row.wait_ns_per_s,
  ).map(({ key: device, rows, size }) => ({
    device,
    requests_per_s: sumOf(rows, (row) => row.ops_per_s),
    before_requests_per_s: scope.hasBaseline ? sumOf(rows, (row) => row.before_ops_per_s ?? 0) : null,
    size_bytes_per_s: sumOf(rows, (row) => row.size_bytes_per_s),
    before_size_bytes_per_s: scope.hasBaseline
      ? sumOf(rows, (row) => row.before_size_bytes_per_s ?? 0)
      : null,
    await_ns:
      size /
      Math.max(
        1e-9,
        sumOf(rows, (row) => row.ops_per_s),
      ),
    before_await_ns: beforeMean(rows),
    queue_length: size / 1e9,
    util_percent: null,
    isRotational: device_settings.some((each) => each.device === device && each.is_rotational === 1),
    sql: tracedSql(scope, device),
  }));
}

function beforeMean(rows: readonly WorkFact[]): number | null {
  const count = sumOf(rows, (row) => row.before_ops_per_s ?? 0);
  return count === 0 ? null : sumOf(rows, (row) => row.before_wait_ns_per_s ?? 0) / count;
}

const tracedSql = (scope: DiagnosisScope, device: string): string => `${doneSql(scope, ['device_key'], {
  ops: REQUESTS,
  and: `device = ${literal(device)}`,
})}
SELECT device, ${mean(scope, 'await_ns', 'latency_ns_sum', 'op_count * 1.0')},
  ${mean(scope, 'device_latency_ns', 'inner_latency_ns_sum', 'op_count * 1.0')},
  ${beside(scope, 'requests_per_s', 'op_count / recorded_s')},
  ${beside(scope, 'queue_length', 'latency_ns_sum / recorded_s / 1e9')}
FROM done GROUP BY device`;

const isGrown = (before: number, now: number): boolean => now >= before * thresholds.grown_times.value;

/** Whether the device is slow itself: few requests, each long, and no more of them than before. */
export function isSlow(load: Load): boolean {
  const { requests_per_s, before_requests_per_s, size_bytes_per_s, before_size_bytes_per_s } = load;
  const { await_ns, before_await_ns, isRotational } = load;
  const limit = isRotational ? thresholds.slow_request_rotational_ns : thresholds.slow_request_flash_ns;
  const isFelt = over('waiting_ns_per_s', await_ns * requests_per_s);
  if (await_ns < limit.value || !isFelt) return false;
  if (before_await_ns !== null && before_requests_per_s !== null && before_requests_per_s > 0) {
    // Larger requests take longer, as more of them do.
    const isMoreWork =
      isGrown(before_requests_per_s, requests_per_s) ||
      isGrown(before_size_bytes_per_s ?? size_bytes_per_s, size_bytes_per_s);
    return await_ns >= before_await_ns * thresholds.slow_times.value && !isMoreWork;
  }
  // What nobody can compare is slow where neither a queue nor the size of its requests explains it.
  const transfer_ns = (size_bytes_per_s / requests_per_s / thresholds.transfer_bytes_per_s.value) * 1e9;
  const isQueued = over('queue_length', load.queue_length);
  return (
    requests_per_s < thresholds.slow_requests_per_s.value &&
    !isQueued &&
    await_ns - transfer_ns >= limit.value
  );
}
