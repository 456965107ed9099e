import type { Failure } from '../../failure.ts';
import { failure } from '../../failure.ts';
import type { Window } from '../../query/window.ts';
import type { WallUs } from '../../schema/units.ts';
import { addDays, formatWall, parseInstant, parseTimeOfDay, wallUs, zoneName } from '../../schema/units.ts';
import type { Typed } from '../command.ts';
import { text } from '../command.ts';
import { conflict, firstFailure, readDuration, seen, succeeded } from './values.ts';

export const windowOptions = {
  since: text('The window: this long until now, as in 90s, 15m, 1h30m, 1w', '15m'),
  from: text('Start of the window: 12:30, yesterday, now-2h, 2026-11-21T12:30Z, or seconds since 1970'),
  to: text('End of the window, written like --from', 'now'),
} as const;

/** The window the options name; without any, the last 15 minutes. */
export function readWindow(typed: Typed<typeof windowOptions>, nowUs: WallUs): Window | Failure {
  if (typed.since !== undefined && typed.from !== undefined) {
    return conflict('--since', '--from', 'both say where the window starts');
  }
  const from = typed.from === undefined ? undefined : readInstant('--from', typed.from, nowUs);
  const parts = {
    sinceNs: readDuration('--since', typed.since ?? '15m', '1ms', '36500d'),
    from,
    to: typed.to === undefined ? undefined : readEnd(typed.to, from, nowUs),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const toUs = parts.to ?? nowUs;
  const fromUs = parts.from ?? wallUs(toUs - parts.sinceNs / 1000);
  if (fromUs < toUs) return { fromUs, toUs };
  const [start, end] = [fromUs, toUs].map((us) => `${formatWall(us)} ${zoneName(us)}`);
  return failure('bad-argument', {
    seen: `The window ends (${end ?? ''}) before it starts (${start ?? ''})`,
    expected: 'Give a --from that lies before --to.',
  });
}

/** A time of day alone is the last one: at 0:30, `23:50` was yesterday. */
export function readInstant(option: string, typed: string, nowUs: WallUs): WallUs | Failure {
  const clock = parseTimeOfDay(typed, nowUs);
  if (clock !== undefined) return clock > nowUs ? addDays(clock, -1) : clock;
  const expected = 'Type a time as in 12:30, yesterday, now-2h, 2026-11-21T12:30:00Z, or seconds since 1970.';
  return parseInstant(typed, nowUs) ?? failure('bad-argument', { seen: seen(option, typed), expected });
}

/** A time of day alone is the first one after the start of the window, also when that is still to come. */
function readEnd(typed: string, from: WallUs | Failure | undefined, nowUs: WallUs): WallUs | Failure {
  if (typeof from !== 'number') return readInstant('--to', typed, nowUs);
  const clock = parseTimeOfDay(typed, from);
  if (clock === undefined) return readInstant('--to', typed, nowUs);
  return clock <= from ? addDays(clock, 1) : clock;
}
