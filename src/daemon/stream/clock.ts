import { readFileSync } from 'node:fs';
import { wallUs } from '../../schema/units.ts';
import type { WallUs } from '../../schema/units.ts';

/** Wall time of the kernel's instants. */
export type Clock = { toWall(bootUs: number): WallUs; nowBootUs(): number };

/** The kernel's clocks at one moment: what people set, time since boot, and that without suspend. */
export type ClockReading = {
  readonly wallUs: number;
  readonly bootUs: number;
  readonly monotonicUs: number;
};

/**
 * bpftrace's `nsecs` is CLOCK_BOOTTIME, for which Node has no precise clock: CLOCK_MONOTONIC is the
 * same but for the time the machine slept, and that /proc/uptime has to 10 ms. Asked anew at each
 * use, so that a step of the wall clock is followed.
 */
export function createClock(): Clock {
  return {
    nowBootUs: () => readBoot().bootUs,
    toWall: (bootUs) => wallUs(Math.round(Date.now() * 1000 - (readBoot().bootUs - bootUs))),
  };
}

function readBoot(): Omit<ClockReading, 'wallUs'> {
  const monotonicUs = Number(process.hrtime.bigint() / 1000n);
  const uptimeUs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1e6;
  return { monotonicUs, bootUs: Math.abs(uptimeUs - monotonicUs) < 50_000 ? monotonicUs : uptimeUs };
}

/** Between two readings the CPU may be taken away: only what was read at once is held against each other. */
const AT_ONCE_US = 2000;
const TRIES = 20;

export function readClocks(): ClockReading {
  for (let tries = 1; ; tries += 1) {
    const now = { wallUs: Date.now() * 1000, ...readBoot() };
    const tookUs = Date.now() * 1000 - now.wallUs;
    if ((tookUs >= 0 && tookUs < AT_ONCE_US) || tries === TRIES) return now;
  }
}

/** `step`: the wall clock was set; `suspend`: the host slept. By how much, µs. */
export type ClockChange = { readonly kind: 'step' | 'suspend'; readonly changeUs: number };

/** Less is the readings' own error, or a clock that is slewed (adjtimex(2): half a millisecond a second). */
const CHANGE_MIN_US = 100_000;

/** What happened between two readings of one boot, beside the passing of time. */
export function changesBetween(before: ClockReading, now: ClockReading): ClockChange[] {
  const changes: ClockChange[] = [
    { kind: 'suspend', changeUs: now.bootUs - now.monotonicUs - (before.bootUs - before.monotonicUs) },
    { kind: 'step', changeUs: now.wallUs - now.bootUs - (before.wallUs - before.bootUs) },
  ];
  return changes
    .filter(({ changeUs }) => Math.abs(changeUs) >= CHANGE_MIN_US)
    .map(({ kind, changeUs }) => ({ kind, changeUs: Math.round(changeUs) }));
}
