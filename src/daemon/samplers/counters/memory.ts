import { join } from 'node:path';
import { createMemory, delta, deltaOrNull } from './delta.ts';
import { cgroupRow } from './cgroup-table.ts';
import { hostRow } from './host-table.ts';
import type { HostValues } from './host-table.ts';
import { unreadable } from '../problem.ts';
import type { Problem } from '../problem.ts';
import { field, isRead, readText } from '../read.ts';
import type { Reading, Sampler, Sight } from '../sampler.ts';
import type { Row } from '../table.ts';
import { readTargets } from '../targets.ts';
import type { CgroupFile, CgroupTarget } from '../targets.ts';

const KIB = 1024;
const PAGE_BYTES = 4096;

/** Dirty memory, writeback and swap: /proc/meminfo and /proc/vmstat, memory.stat and memory.events of each cgroup. */
export function createMemorySampler(sight: Sight): Sampler {
  const host = createHostMemory(sight);
  const cgroups = createCgroupMemory(sight);
  return {
    everyMs: 0,
    sample() {
      const readings = [host(), cgroups()];
      return {
        rows: readings.flatMap(({ rows }) => rows),
        problems: readings.flatMap(({ problems }) => problems),
      };
    },
  };
}

/** What memory is used for now, bytes. */
export function parseMeminfo(text: string): HostValues {
  const kib = (name: string): number | null => {
    const value = field(text, `${name}:`);
    return value === undefined ? null : value * KIB;
  };
  const [total, free] = [kib('SwapTotal'), kib('SwapFree')];
  return {
    dirty_bytes: kib('Dirty'),
    writeback_bytes: kib('Writeback'),
    available_bytes: kib('MemAvailable'),
    cached_bytes: kib('Cached'),
    swap_used_bytes: total === null || free === null ? null : total - free,
  };
}

/** Counters of /proc/vmstat since boot, and the limits of dirty memory now. Pages; `undefined`: this kernel has it not. */
export type VmCounters = ReturnType<typeof parseVmstat>;

export function parseVmstat(text: string) {
  const counter = (name: string): number | undefined => field(text, name);
  const stalls = [...text.matchAll(/^allocstall_\w+ (\d+)$/gmu)].map(([, count]) => Number(count));
  return {
    dirtied: counter('nr_dirtied'),
    written: counter('nr_written'),
    swappedIn: counter('pswpin'),
    swappedOut: counter('pswpout'),
    majorFaults: counter('pgmajfault'),
    refaults: counter('workingset_refault_file') ?? counter('workingset_refault'),
    reclaimStalls:
      stalls.length === 0 ? counter('allocstall') : stalls.reduce((sum, count) => sum + count, 0),
    dirtyLimit: counter('nr_dirty_threshold'),
    dirtyBackgroundLimit: counter('nr_dirty_background_threshold'),
  };
}

export function vmBetween(now: VmCounters, then: VmCounters): HostValues {
  const pages = (count: number | null | undefined): number | null =>
    count == null ? null : count * PAGE_BYTES;
  return {
    dirtied_bytes: pages(deltaOrNull(now.dirtied, then.dirtied)),
    written_bytes: pages(deltaOrNull(now.written, then.written)),
    swap_in_bytes: pages(deltaOrNull(now.swappedIn, then.swappedIn)),
    swap_out_bytes: pages(deltaOrNull(now.swappedOut, then.swappedOut)),
    major_fault_count: deltaOrNull(now.majorFaults, then.majorFaults),
    refault_count: deltaOrNull(now.refaults, then.refaults),
    reclaim_stall_count: deltaOrNull(now.reclaimStalls, then.reclaimStalls),
    dirty_limit_bytes: pages(now.dirtyLimit),
    dirty_background_limit_bytes: pages(now.dirtyBackgroundLimit),
  };
}

function createHostMemory({ roots }: Sight): () => Reading {
  const [meminfo, vmstat] = [join(roots.proc, 'meminfo'), join(roots.proc, 'vmstat')];
  let before: VmCounters | undefined;
  return () => {
    const rows: Row[] = [];
    const problems: Problem[] = [];
    const now = readText(meminfo);
    if (isRead(now)) rows.push(hostRow(parseMeminfo(now)));
    else problems.push(unreadable('/proc/meminfo', now));
    const text = readText(vmstat);
    const counters = isRead(text) ? parseVmstat(text) : undefined;
    if (counters && before) rows.push(hostRow(vmBetween(counters, before)));
    if (!isRead(text)) problems.push(unreadable('/proc/vmstat', text));
    before = counters;
    return { rows, problems };
  };
}

const STAT: CgroupFile = { name: 'memory.stat', controller: 'memory' };
const EVENTS: CgroupFile = { name: 'memory.events', controller: 'memory' };

function createCgroupMemory({ targets }: Sight): () => Reading {
  const memory = createMemory<string, { readonly cgroup: CgroupTarget; readonly events: MemoryEvents }>();
  return () => {
    const stats = readTargets(targets, STAT, parseMemoryStat);
    const events = readTargets(targets, EVENTS, parseMemoryEvents);
    const now = new Map(
      events.found.map(({ cgroup, value }) => [cgroup.path, { cgroup, events: value }] as const),
    );
    const grew = memory.compare(
      now,
      ({ cgroup, events: counts }, before) => cgroupRow(cgroup, eventsBetween(counts, before.events)),
      ({ cgroup }) => ({ cgroup, events: { high: 0, max: 0, oomKill: 0 } }),
    );
    const gauges = stats.found.map(({ cgroup, value }) => cgroupRow(cgroup, value));
    return { rows: [...gauges, ...grew], problems: [...stats.problems, ...events.problems] };
  };
}

/** What a cgroup's memory is used for now, bytes (kernel Documentation/admin-guide/cgroup-v2.rst). */
function parseMemoryStat(text: string) {
  return {
    dirty_bytes: field(text, 'file_dirty') ?? null,
    writeback_bytes: field(text, 'file_writeback') ?? null,
    file_bytes: field(text, 'file') ?? null,
    anon_bytes: field(text, 'anon') ?? null,
  };
}

export type MemoryEvents = { readonly high: number; readonly max: number; readonly oomKill: number };

function parseMemoryEvents(text: string): MemoryEvents {
  return {
    high: field(text, 'high') ?? 0,
    max: field(text, 'max') ?? 0,
    oomKill: field(text, 'oom_kill') ?? 0,
  };
}

function eventsBetween(now: MemoryEvents, then: MemoryEvents) {
  return {
    memory_high_count: delta(now.high, then.high),
    memory_max_count: delta(now.max, then.max),
    oom_kill_count: delta(now.oomKill, then.oomKill),
  };
}
