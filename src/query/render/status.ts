import {
  formatBytes,
  formatCount,
  formatDuration,
  formatElapsed,
  formatWall,
  zoneName,
} from '../../schema/units.ts';
import type { CoverageRow } from '../reports/coverage.ts';
import type { SessionCost, Governed, Status } from '../reports/status.ts';
import { endOf } from '../reports/status.ts';
import { whyNone } from './doctor.ts';
import { gapLines, lossLines } from './footnotes.ts';
import { visible, wrap } from './text.ts';

/** How the latest session fares, for people. */
export function statusText(status: Status, databasePath: string, width: number | undefined): string {
  const { session } = status;
  const lines = [
    `session   ${String(session.session_id)}, ${stateText(status)}`,
    `host      ${session.host}, kernel ${session.kernel_release}, ${String(session.cpu_count)} CPUs`,
    `versions  iotrace ${session.iotrace_version}, bpftrace ${session.bpftrace_version}`,
    `settings  an interval of ${seconds(session.interval_ms)}, single events from ${formatDuration(session.slow_ns)}`,
    `database  ${databasePath}${sizeText(status.cost)}`,
    '',
    'Probes',
    ...status.plan.map(
      ({ probe, fragment, reasons }) => `  ${probe.padEnd(9)} ${fragment ?? whyNone(reasons)}`,
    ),
    '',
    'Coverage',
    ...coverageLines(status.coverage).map((line) => `  ${line}`),
    '',
    'Losses',
    ...lossText(status).map((line) => `  ${line}`),
    '',
    'Cost',
    ...[...costLines(status.cost), ...governorLines(status.governed)].map((line) => `  ${line}`),
  ];
  return `${lines.flatMap((line) => wrap(visible(line), width)).join('\n')}\n`;
}

const moment = (us: number): string => `${formatWall(us).slice(0, 19)} ${zoneName(us)}`;
const seconds = (ms: number): string => formatDuration(ms * 1e6);

function stateText({ state, session }: Status): string {
  const started = moment(session.started_us);
  const ended = moment(endOf(session));
  const lasted = formatElapsed(endOf(session) - session.started_us);
  switch (state) {
    case 'running':
      return `running since ${started} (${lasted}), pid ${String(session.pid)}`;
    case 'ended':
      return `from ${started} to ${ended} (${lasted}), ended: ${session.ended_how ?? 'no reason given'}`;
    case 'vanished':
      return `from ${started}, ended without a word at ${ended} (${lasted}), up to one interval (${seconds(session.interval_ms)}) is missing`;
  }
}

const sizeText = ({ database_bytes }: SessionCost): string =>
  database_bytes === null ? '' : `, ${formatBytes(database_bytes)}`;

/** What was seen, a line a probe; then the gaps, a line each. */
function coverageLines(rows: readonly CoverageRow[]): string[] {
  if (rows.length === 0) return ['not known: the session ended before its probes were tried'];
  const probes = new Set(rows.map(({ probe }) => probe));
  const seen = [...probes].flatMap((probe) => {
    const subjects = rows.filter((row) => row.probe === probe && row.state === 'seen');
    return subjects.length === 0
      ? []
      : [`seen: ${probe}: ${subjects.map(({ subject }) => subject).join(', ')}`];
  });
  return [...seen, ...gapLines(rows)];
}

function lossText({ cost, losses }: Status): string[] {
  const missing = cost.kernel_op_count - cost.stored_op_count;
  const counted = `${formatCount(missing)} operations lost of ${formatCount(cost.kernel_op_count)} counted in the kernel`;
  return [counted, ...lossLines(losses)];
}

function costLines(cost: SessionCost): string[] {
  if (cost.daemon_cpu_percent === null || cost.bpftrace_cpu_percent === null) {
    return ['not known: no interval was recorded'];
  }
  const user = cost.daemon_cpu_percent + cost.bpftrace_cpu_percent;
  const kernel = cost.kernel_cpu_percent;
  const all = kernel === null ? user : user + kernel;
  const probes =
    kernel === null
      ? 'the probes in the kernel not sampled yet'
      : `probes in the kernel about ${percent(kernel)}`;
  const maps =
    cost.map_memory_bytes === null ? '' : `, maps in the kernel ${formatBytes(cost.map_memory_bytes)}`;
  return [
    `CPU     ${percent(all)} of one CPU over ${formatElapsed(cost.recorded_us)}: ${probes}, daemon ${percent(cost.daemon_cpu_percent)}, bpftrace ${percent(cost.bpftrace_cpu_percent)}`,
    `memory  daemon ${formatBytes(cost.daemon_rss_bytes ?? 0)}, bpftrace ${formatBytes(cost.bpftrace_rss_bytes ?? 0)}${maps}`,
  ];
}

function governorLines(governed: Governed | null): string[] {
  if (governed === null || governed.level === 0) return [];
  return [`detail  ${governed.detail}, since ${moment(governed.at_us)}: the cost was above --max-cpu`];
}

const percent = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} %`;
