import { join } from 'node:path';
import { delta } from './delta.ts';
import { hostRow } from './host-table.ts';
import type { HostValues } from './host-table.ts';
import { unreadable } from '../problem.ts';
import { field, isRead, readText } from '../read.ts';
import type { Sampler, Sight } from '../sampler.ts';
import { nothing } from '../sampler.ts';

/** Counters of /proc/stat since boot; times in ticks of USER_HZ, all CPUs together. */
export type CpuCounters = {
  readonly user: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly steal: number;
  readonly contextSwitches: number;
  readonly forks: number;
  /** Not counters: tasks now. */
  readonly running: number;
  readonly blocked: number;
};

/** CPU time with %iowait, context switches, and tasks that wait for I/O (/proc/stat, proc(5)). */
export function createCpu({ roots }: Sight): Sampler {
  const file = join(roots.proc, 'stat');
  let before: CpuCounters | undefined;
  return {
    everyMs: 0,
    sample() {
      const text = readText(file);
      const now = isRead(text) ? parseStat(text) : undefined;
      const then = before;
      before = now;
      if (!isRead(text)) return { rows: [], problems: [unreadable('/proc/stat', text)] };
      return now && then ? { rows: [hostRow(cpuBetween(now, then))], problems: [] } : nothing;
    },
  };
}

export function parseStat(text: string): CpuCounters | undefined {
  const [user, nice, system, idle, iowait, irq, softirq, steal] = (/^cpu +(.*)$/mu.exec(text)?.[1] ?? '')
    .split(' ')
    .map(Number);
  if (user === undefined || steal === undefined) return undefined;
  return {
    user: user + (nice ?? 0),
    system: (system ?? 0) + (irq ?? 0) + (softirq ?? 0),
    idle: idle ?? 0,
    iowait: iowait ?? 0,
    steal,
    contextSwitches: field(text, 'ctxt') ?? 0,
    forks: field(text, 'processes') ?? 0,
    running: field(text, 'procs_running') ?? 0,
    blocked: field(text, 'procs_blocked') ?? 0,
  };
}

/** A CPU that goes offline takes its idle and iowait time along: those counters may shrink, and then count nothing. */
export function cpuBetween(now: CpuCounters, then: CpuCounters): HostValues {
  const ticks = (name: 'user' | 'system' | 'idle' | 'iowait' | 'steal'): number =>
    Math.max(0, now[name] - then[name]);
  const parts = {
    user_ticks: ticks('user'),
    system_ticks: ticks('system'),
    idle_ticks: ticks('idle'),
    iowait_ticks: ticks('iowait'),
    steal_ticks: ticks('steal'),
  };
  return {
    ...parts,
    cpu_ticks: Object.values(parts).reduce((sum, part) => sum + part, 0),
    context_switch_count: delta(now.contextSwitches, then.contextSwitches),
    fork_count: delta(now.forks, then.forks),
    running_count: now.running,
    blocked_count: now.blocked,
  };
}
