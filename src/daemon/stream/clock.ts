import { readFileSync } from 'node:fs';
import { wallUs } from '../../schema/units.ts';
import type { WallUs } from '../../schema/units.ts';

/** Wall time of the kernel's instants. */
export type Clock = { toWall(bootUs: number): WallUs; nowBootUs(): number };

/**
 * bpftrace's `nsecs` is CLOCK_BOOTTIME, for which Node has no precise clock: CLOCK_MONOTONIC is the
 * same but for the time the machine slept, and that /proc/uptime has to 10 ms. Asked anew at each
 * use, so that a step of the wall clock is followed.
 */
export function createClock(): Clock {
  const nowBootUs = (): number => {
    const monotonic = Number(process.hrtime.bigint() / 1000n);
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1e6;
    return Math.abs(uptime - monotonic) < 50_000 ? monotonic : uptime;
  };
  return { nowBootUs, toWall: (bootUs) => wallUs(Math.round(Date.now() * 1000 - (nowBootUs() - bootUs))) };
}
