import type { Failure } from '../../failure.ts';
import { failure } from '../../failure.ts';
import type { Window } from '../../query/window.ts';
import type { WallUs } from '../../schema/units.ts';
import { formatWall, parseInstant, wallUs } from '../../schema/units.ts';
import type { Typed } from '../command.ts';
import { text } from '../command.ts';
import { conflict, firstFailure, readDuration, seen, succeeded } from './values.ts';

export const windowOptions = {
  since: text('The window: this long until now, as in 90s, 15m, 2h', '15m'),
  from: text('Start of the window: 12:30, 2026-11-21T12:30Z, or seconds since 1970'),
  to: text('End of the window, written like --from', 'now'),
} as const;

/** The window the options name; without any, the last 15 minutes. */
export function readWindow(typed: Typed<typeof windowOptions>, nowUs: WallUs): Window | Failure {
  if (typed.since !== undefined && typed.from !== undefined) {
    return conflict('--since', '--from', 'both say where the window starts');
  }
  const parts = {
    sinceNs: readDuration('--since', typed.since ?? '15m', '1ms', '36500d'),
    from: typed.from === undefined ? undefined : readInstant('--from', typed.from, nowUs),
    to: typed.to === undefined ? undefined : readInstant('--to', typed.to, nowUs),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const toUs = parts.to ?? nowUs;
  const fromUs = parts.from ?? wallUs(toUs - parts.sinceNs / 1000);
  if (fromUs < toUs) return { fromUs, toUs };
  return failure('bad-argument', {
    seen: `The window ends (${formatWall(toUs)} UTC) before it starts (${formatWall(fromUs)} UTC)`,
    expected: 'Give a --from that lies before --to.',
  });
}

export function readInstant(option: string, typed: string, nowUs: WallUs): WallUs | Failure {
  const expected = 'Type a time as in 12:30, 2026-11-21T12:30:00Z, or seconds since 1970.';
  return parseInstant(typed, nowUs) ?? failure('bad-argument', { seen: seen(option, typed), expected });
}
