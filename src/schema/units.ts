/**
 * The units iotrace counts in, parsed and shown here alone. Every number says its unit in its name (`latency_ns`,
 * `sizeBytes`, `bootUs`). A branded type besides have those that come from people or meet others of their kind: what was
 * typed as a duration or a size, and instants of the wall clock, which must not be mixed with those since boot.
 */

declare const unit: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [unit]: Name };

/** A duration in nanoseconds, as the kernel measures it. Exact in a double up to 104 days. */
export type DurationNs = Branded<number, 'DurationNs'>;
/** An instant: microseconds since 1970-01-01T00:00:00Z. */
export type WallUs = Branded<number, 'WallUs'>;
/** A size in bytes. */
export type Bytes = Branded<number, 'Bytes'>;

export const durationNs = (ns: number): DurationNs => ns as DurationNs;
export const wallUs = (us: number): WallUs => us as WallUs;
const bytes = (count: number): Bytes => count as Bytes;

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

/**
 * An instant for people, to the millisecond, in the zone of this process (TZ): `2026-11-21 21:23:48.120`.
 * What shows it shows `zoneName` too.
 */
export function formatWall(us: number): string {
  const { offsetMs } = zoneAt(us);
  return new Date(us / 1000 + offsetMs).toISOString().replace('T', ' ').replace('Z', '');
}

/** `UTC`, or how far local time is from it then: `UTC+02:00`. */
export function zoneName(us: number = Date.now() * 1000): string {
  const { offsetText } = zoneAt(us);
  return offsetText === 'Z' ? 'UTC' : `UTC${offsetText}`;
}

/** The instant as an option takes it, whole seconds: `2026-11-21T21:23:48Z`, `2026-11-21T23:23:48+02:00`. */
export function formatInstant(us: number): string {
  return `${formatWall(us).slice(0, 19).replace(' ', 'T')}${zoneAt(us).offsetText}`;
}

function zoneAt(us: number): { readonly offsetMs: number; readonly offsetText: string } {
  const minutes = -new Date(us / 1000).getTimezoneOffset();
  const two = (count: number): string => String(count).padStart(2, '0');
  const size = Math.abs(minutes);
  const text = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return { offsetMs: minutes * 60_000, offsetText: minutes === 0 ? 'Z' : text };
}

const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w))+$/u;
const NS_PER: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
  w: 604_800e9,
};

/** `15m`, `30s`, `5ms`, `1.5h`, `1h30m` (larger units first), `7d`, `1w`. `undefined` when it is none. */
export function parseDuration(text: string): DurationNs | undefined {
  const trimmed = text.trim();
  if (!DURATION.test(trimmed)) return undefined;
  let sum = 0;
  let last = Infinity;
  for (const [, count, unit] of trimmed.matchAll(/([\d.]+)(\D+)/gu)) {
    const scale = NS_PER[unit ?? ''] ?? Infinity;
    if (scale >= last) return undefined;
    sum += Number(count) * scale;
    last = scale;
  }
  return durationNs(Math.round(sum));
}

/** A size with its unit, powers of 1024: `64MiB`, `64mb`, `64M`, `1.5 GiB`, `512B`. `undefined` when it is none. */
export function parseBytes(text: string): Bytes | undefined {
  const [, value, unit] = /^(\d+(?:\.\d+)?)\s?(b|[kmgt](?:i?b)?)$/iu.exec(text.trim()) ?? [];
  if (value === undefined || unit === undefined) return undefined;
  return bytes(Math.round(Number(value) * 1024 ** 'bkmgt'.indexOf(unit.slice(0, 1).toLowerCase())));
}

/**
 * An instant: RFC 3339 (`2026-11-21T21:00:00Z`), `2026-11-21 21:00`, both local time when they name no zone, a time of
 * day (`parseTimeOfDay`) of today, `now`, `today`, `yesterday` (both at midnight, or `yesterday 21:00`), `now-1h30m`, or
 * seconds since 1970. `undefined` when it is none.
 */
export function parseInstant(text: string, now: WallUs): WallUs | undefined {
  const trimmed = text.trim();
  if (/^\d{9,11}(\.\d+)?$/u.test(trimmed)) return wallUs(Math.round(Number(trimmed) * 1e6));
  if (trimmed === 'now') return now;
  const [, ago] = /^now\s?-\s?(.+)$/u.exec(trimmed) ?? [];
  if (ago !== undefined) return before(now, parseDuration(ago));
  const [, day, clock] = /^(?:(today|yesterday)\s?)?(.*)$/u.exec(trimmed) ?? [];
  const isDayAlone = day !== undefined && clock === '';
  const time = isDayAlone ? parseTimeOfDay('0:00', now) : parseTimeOfDay(clock ?? '', now);
  if (time !== undefined) return day === 'yesterday' ? addDays(time, -1) : time;
  if (!/^\d{4}-\d{2}-\d{2}/u.test(trimmed)) return undefined;
  // A date alone is UTC to Date.parse, and local to us, like a date with a time.
  const ms = Date.parse(trimmed.length === 10 ? `${trimmed}T00:00` : trimmed);
  return Number.isNaN(ms) ? undefined : wallUs(ms * 1000);
}

function before(now: WallUs, durationNs: DurationNs | undefined): WallUs | undefined {
  return durationNs === undefined ? undefined : wallUs(now - Math.round(durationNs / 1000));
}

/** `HH:MM[:SS]`, local, on the day of another instant. `undefined` when it is none. */
export function parseTimeOfDay(text: string, dayOf: WallUs): WallUs | undefined {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/u.exec(text.trim());
  if (!clock) return undefined;
  const date = new Date(dayOf / 1000);
  date.setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
  return wallUs(date.getTime() * 1000);
}

/** The same time of day so many days later; a day with a change of the clock has 23 or 25 hours. */
export function addDays(us: WallUs, days: number): WallUs {
  const date = new Date(us / 1000);
  date.setDate(date.getDate() + days);
  return wallUs(date.getTime() * 1000);
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
