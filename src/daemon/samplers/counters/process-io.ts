import { join } from 'node:path';
import { namesIn } from '../../lookups/bounded-read.ts';
import { unreadable } from '../problem.ts';
import type { Problem } from '../problem.ts';
import { field, isRead, readText } from '../read.ts';
import type { Sampler, Sight } from '../sampler.ts';
import { defineTable } from '../table.ts';
import type { SampledRow } from '../table.ts';

/** Counters of /proc/PID/io since the process began: bytes that reached, or will reach, a block device. */
export type ProcessIo = {
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly cancelledBytes: number;
};

/** What of /proc/PID/stat tells a process from a later one with its pid, and how long it waited for block I/O. */
export type ProcessStat = {
  readonly name: string;
  readonly startTicks: number;
  readonly delayTicks: number;
};

const processSample = defineTable({
  name: 'process_sample',
  keys: ['tick_id', 'process_key', 'cgroup_key'],
  columns: ['elapsed_us', 'read_bytes', 'write_bytes', 'cancelled_write_bytes', 'io_delay_ticks'],
  // A process that took another's pid and name within one tick would be it once more.
  onConflict: 'REPLACE',
});

type Look = {
  readonly io: ProcessIo;
  readonly stat: ProcessStat;
  readonly atUs: number;
  /** Looks in a row that saw nothing moved. */
  readonly idleCount: number;
};

/** A process that was idle this often in a row is looked at in every so many rounds only. */
const IDLE_ROUNDS = 6;
const PROCESSES_MAX = 20_000;

/**
 * The I/O of each process, as `pidstat -d` shows it. One that ended between two rounds is not in it; its
 * cgroup's counters have what it did.
 */
export function createProcessIo({ roots }: Sight): Sampler {
  const looks = new Map<string, Look>();
  const hasDelays = accountsDelays(roots.proc);
  let round = 0;
  let roundBeforeUs: number | undefined;
  return {
    everyMs: 0,
    sample({ monotonicUs }) {
      const pids = namesIn(roots.proc).filter((name) => /^\d+$/u.test(name));
      const there = new Set(pids);
      for (const pid of looks.keys()) if (!there.has(pid)) looks.delete(pid);
      const rows: SampledRow[] = [];
      for (const pid of pids.slice(0, PROCESSES_MAX)) {
        const before = looks.get(pid);
        if (before && before.idleCount >= IDLE_ROUNDS && (Number(pid) + round) % IDLE_ROUNDS !== 0) continue;
        const directory = join(roots.proc, pid);
        const now = look(directory, before, monotonicUs);
        if (!now) continue;
        looks.set(pid, now);
        // At the first round a process has done what it did before we looked.
        if (roundBeforeUs === undefined) continue;
        const moved = between(now, before ?? unborn(now, roundBeforeUs));
        if (moved) {
          const subject = { process: { pid: Number(pid), name: now.stat.name }, cgroup: cgroupOf(directory) };
          const io_delay_ticks = hasDelays ? moved.io_delay_ticks : null;
          rows.push(processSample.row(subject, { ...moved, io_delay_ticks }));
        }
      }
      round += 1;
      roundBeforeUs = monotonicUs;
      return { rows, problems: problemsOf(roots.proc, pids.length, hasDelays) };
    },
  };
}

/** Text of /proc/PID/io (kernel Documentation/filesystems/proc.rst). */
export function parseProcessIo(text: string): ProcessIo | undefined {
  const [readBytes, writeBytes, cancelledBytes] = ['read_bytes', 'write_bytes', 'cancelled_write_bytes'].map(
    (name) => field(text, `${name}:`),
  );
  if (readBytes === undefined || writeBytes === undefined) return undefined;
  return { readBytes, writeBytes, cancelledBytes: cancelledBytes ?? 0 };
}

/** Text of /proc/PID/stat (proc(5): fields 2, 22 and 42). The name may hold anything, a parenthesis too. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const [start, end] = [text.indexOf('('), text.lastIndexOf(')')];
  const fields = text.slice(end + 2).split(' ');
  const [startTicks, delayTicks] = [fields[19], fields[39]].map(Number);
  if (start < 0 || end < start || startTicks === undefined || Number.isNaN(startTicks)) return undefined;
  const name = text.slice(start + 1, end).replace(WORK_OF_KWORKER, '$1');
  return { name, startTicks, delayTicks: delayTicks ?? 0 };
}

/** `kworker/u8:5-writeback`: what it does at the moment is no part of its name, and not in `comm` elsewhere. */
const WORK_OF_KWORKER = /^(kworker\/[^-+]+)[-+].*$/u;

/** `undefined`: it is gone, or not ours to look at. */
function look(directory: string, before: Look | undefined, atUs: number): Look | undefined {
  const text = readText(join(directory, 'io'));
  const io = isRead(text) ? parseProcessIo(text) : undefined;
  if (!io) return undefined;
  if (before && isEqual(io, before.io)) return { ...before, atUs, idleCount: before.idleCount + 1 };
  const statText = readText(join(directory, 'stat'));
  const stat = isRead(statText) ? parseProcessStat(statText) : undefined;
  return stat && { io, stat, atUs, idleCount: 0 };
}

function isEqual(one: ProcessIo, other: ProcessIo): boolean {
  return (
    one.readBytes === other.readBytes &&
    one.writeBytes === other.writeBytes &&
    one.cancelledBytes === other.cancelledBytes
  );
}

const NOTHING_YET: ProcessIo = { readBytes: 0, writeBytes: 0, cancelledBytes: 0 };

function unborn({ stat }: Look, atUs: number): Look {
  return { io: NOTHING_YET, stat: { ...stat, delayTicks: 0 }, atUs, idleCount: 0 };
}

/** What a process moved between two looks; `undefined`: nothing. Another process of the same pid began from nothing. */
function between(now: Look, then: Look) {
  const before = now.stat.startTicks === then.stat.startTicks ? then : unborn(now, then.atUs);
  const read_bytes = now.io.readBytes - before.io.readBytes;
  const write_bytes = now.io.writeBytes - before.io.writeBytes;
  const cancelled_write_bytes = now.io.cancelledBytes - before.io.cancelledBytes;
  if (read_bytes === 0 && write_bytes === 0 && cancelled_write_bytes === 0) return undefined;
  return {
    elapsed_us: now.atUs - before.atUs,
    read_bytes,
    write_bytes,
    cancelled_write_bytes,
    io_delay_ticks: now.stat.delayTicks - before.stat.delayTicks,
  };
}

/** Its cgroup2 path; `undefined`: it is gone, or this host has no cgroup2. */
export function cgroupOf(directory: string): { readonly path: string } | undefined {
  const text = readText(join(directory, 'cgroup'));
  const path = isRead(text) ? /^0::(.*)$/mu.exec(text)?.[1] : undefined;
  return path === undefined ? undefined : { path };
}

function accountsDelays(proc: string): boolean {
  const setting = readText(join(proc, 'sys/kernel/task_delayacct'));
  // Before kernel 5.14 there was no such setting, and delays were always accounted.
  return !isRead(setting) || setting.trim() !== '0';
}

function problemsOf(proc: string, count: number, hasDelays: boolean): Problem[] {
  const own = readText(join(proc, 'self/io'));
  if (!isRead(own)) return [unreadable('/proc/PID/io', own)];
  const crowd: Problem = {
    subject: 'processes',
    state: 'partial',
    reason: `only the first ${String(PROCESSES_MAX)} of ${String(count)} processes are looked at`,
    fix: null,
  };
  const delays: Problem = {
    subject: 'io_delay_ms',
    state: 'missing',
    reason: 'the kernel does not account delays',
    fix: 'sysctl kernel.task_delayacct=1',
  };
  return [...(count > PROCESSES_MAX ? [crowd] : []), ...(hasDelays ? [] : [delays])];
}
