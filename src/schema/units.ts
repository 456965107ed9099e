/**
 * The units iotrace counts in. A number that carries a unit has a branded type, made, converted and
 * shown here only, so that nanoseconds never meet microseconds by accident.
 */

declare const unit: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [unit]: Name };

/** A duration in nanoseconds, as the kernel measures it. Exact in a double up to 104 days. */
export type DurationNs = Branded<number, 'DurationNs'>;
/** An instant: microseconds since 1970-01-01T00:00:00Z. */
export type WallUs = Branded<number, 'WallUs'>;
/** An instant: microseconds since boot, CLOCK_BOOTTIME (`nsecs / 1000` of bpftrace). */
export type BootUs = Branded<number, 'BootUs'>;
/** A size in bytes. */
export type Bytes = Branded<number, 'Bytes'>;

export const durationNs = (ns: number): DurationNs => ns as DurationNs;
export const wallUs = (us: number): WallUs => us as WallUs;
export const bootUs = (us: number): BootUs => us as BootUs;
export const bytes = (count: number): Bytes => count as Bytes;

export const nowUs = (): WallUs => wallUs(Date.now() * 1000);

/** A duration for people, three significant digits: `834 ns`, `12.3 µs`, `1.20 s`. */
export function formatDuration(ns: number): string {
  const steps: [number, string][] = [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
  ];
  for (const [size, name] of steps) {
    if (threeDigits(ns / size) >= 1) return `${digits(ns / size)} ${name}`;
  }
  return `${String(Math.round(ns))} ns`;
}

/** A span of time for people, two units at most: `12 s`, `15 min`, `3 h 20 min`, `2 d 4 h`. */
export function formatElapsed(us: number): string {
  const seconds = Math.round(us / 1e6);
  const steps: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const first = steps.findIndex(([size]) => seconds >= size);
  if (first === -1) return `${String(Math.round(us / 1e3))} ms`;
  let rest = seconds;
  const parts = steps.slice(first, first + 2).flatMap(([size, name]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${String(count)} ${name}`] : [];
  });
  return parts.join(' ');
}

/** A size for people, powers of 1024: `512 B`, `4.00 KiB`. */
export function formatBytes(count: number): string {
  const names = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  if (count < 1024) return `${String(count)} B`;
  let value = count / 1024;
  let step = 0;
  while (Math.round(value) >= 1024 && step < names.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${digits(value)} ${names[step] ?? ''}`;
}

/** A count for people, exact up to six digits: `1472`, `1.20 M`. */
export function formatCount(count: number): string {
  if (count < 1e6) return String(count);
  return count < 1e9 ? `${digits(count / 1e6)} M` : `${digits(count / 1e9)} G`;
}

/** An instant for people, UTC to the millisecond: `2026-11-21 21:23:48.120`. */
export function formatWall(us: number): string {
  return new Date(us / 1000).toISOString().replace('T', ' ').replace('Z', '');
}

const DURATION = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)$/u;
const NS_PER: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
};

/** `15m`, `30s`, `5ms`, `1.5h`, `7d`. `undefined` when it is none. */
export function parseDuration(text: string): DurationNs | undefined {
  const match = DURATION.exec(text.trim());
  const scale = NS_PER[match?.[2] ?? ''];
  if (!match || scale === undefined) return undefined;
  return durationNs(Math.round(Number(match[1]) * scale));
}

/** A size with its unit, powers of 1024: `64MiB`, `1.5 GiB`, `512B`. `undefined` when it is none. */
export function parseBytes(text: string): Bytes | undefined {
  const [, value, unit] = /^(\d+(?:\.\d+)?)\s?(B|KiB|MiB|GiB)$/u.exec(text.trim()) ?? [];
  if (value === undefined || unit === undefined) return undefined;
  return bytes(Math.round(Number(value) * 1024 ** ['B', 'KiB', 'MiB', 'GiB'].indexOf(unit)));
}

/**
 * An instant: RFC 3339 (`2026-11-21T21:00:00Z`), `2026-11-21 21:00`, both local time when they
 * name no zone, `HH:MM[:SS]` of today, or seconds since 1970. `undefined` when it is none.
 */
export function parseInstant(text: string, now: WallUs): WallUs | undefined {
  const trimmed = text.trim();
  if (/^\d{9,11}(\.\d+)?$/u.test(trimmed)) return wallUs(Math.round(Number(trimmed) * 1e6));
  const today = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/u.exec(trimmed);
  if (today) {
    const date = new Date(now / 1000);
    date.setHours(Number(today[1]), Number(today[2]), Number(today[3] ?? 0), 0);
    return wallUs(date.getTime() * 1000);
  }
  if (!/^\d{4}-\d{2}-\d{2}/u.test(trimmed)) return undefined;
  // A date alone is UTC to Date.parse, and local to us, like a date with a time.
  const ms = Date.parse(trimmed.length === 10 ? `${trimmed}T00:00` : trimmed);
  return Number.isNaN(ms) ? undefined : wallUs(ms * 1000);
}

/** Rounded to three significant digits, or to a whole number where that is more. */
function threeDigits(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

function digits(value: number): string {
  const rounded = threeDigits(value);
  if (rounded >= 100) return rounded.toFixed(0);
  return rounded >= 10 ? rounded.toFixed(1) : rounded.toFixed(2);
}
