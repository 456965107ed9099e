/** Reading the value of one option: the value, or the Failure that says what to type instead. */
import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import type { Bytes, DurationNs } from '../../schema/units.ts';
import { parseBytes, parseDuration } from '../../schema/units.ts';
import { didYouMean } from '../nearest.ts';

export function oneOf<Name extends string>(
  option: string,
  typed: string,
  names: readonly Name[],
): Name | Failure {
  return names.find((each) => each === typed) ?? notOneOf(option, typed, names);
}

export function listOf<Name extends string>(
  option: string,
  typed: string,
  names: readonly Name[],
): Name[] | Failure {
  const parts = typed.split(',').map((part) => part.trim());
  const unknown = parts.find((part) => !names.some((name) => name === part));
  if (unknown !== undefined) return notOneOf(option, unknown, names);
  return names.filter((name) => parts.includes(name));
}

function notOneOf(option: string, typed: string, names: readonly string[]): Failure {
  const expected = `It takes one of: ${names.join(', ')}.${didYouMean(typed, names)}`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

export function readDuration(option: string, typed: string, min: string, max: string): DurationNs | Failure {
  const value = parseDuration(typed);
  const isWithin =
    value !== undefined && value >= (parseDuration(min) ?? 0) && value <= (parseDuration(max) ?? 0);
  if (isWithin) return value;
  const expected =
    value === undefined
      ? `Type a number and its unit, as in ${option} 30s (ns, us, ms, s, m, h, d, w).`
      : `It goes from ${min} to ${max}.`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

export function readBytes(option: string, typed: string, min: string, max: string): Bytes | Failure {
  const value = parseBytes(typed);
  if (value !== undefined && value >= (parseBytes(min) ?? 0) && value <= (parseBytes(max) ?? 0)) return value;
  const expected =
    value === undefined
      ? `Type a number and its unit, as in ${option} ${min} (B, KiB, MiB, GiB, TiB).`
      : `It goes from ${min} to ${max}.`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

/** A share of one CPU. */
export function readPercent(option: string, typed: string, min: number, max: number): number | Failure {
  const value = /^(\d+(?:\.\d+)?)\s?%$/u.exec(typed)?.[1];
  if (value !== undefined && Number(value) >= min && Number(value) <= max) return Number(value);
  const expected = `Type a percentage of one CPU from ${String(min)}% to ${String(max)}%, as in ${option} 2%.`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

export function readCount(option: string, typed: string, min: number): number | Failure {
  const value = /^\d{1,15}$/u.test(typed) ? Number(typed) : -1;
  if (value >= min) return value;
  const expected = `Type a whole number from ${String(min)} on, as in ${option} 20.`;
  return failure('bad-argument', { seen: seen(option, typed), expected });
}

export const seen = (option: string, typed: string): string =>
  typed === '' ? `${option} has no value` : `${option} is ${JSON.stringify(typed)}`;

export function noValue(option: string, what: string, example = 'app1'): Failure {
  return failure('bad-argument', {
    seen: seen(option, ''),
    expected: `Give ${what}, as in ${option} ${example}.`,
  });
}

export function conflict(one: string, other: string, because: string): Failure {
  return failure('bad-argument', {
    seen: `${one} and ${other} do not go together: ${because}`,
    expected: `Leave out one of them.`,
  });
}

type Succeeded<Parts> = { [Name in keyof Parts]: Exclude<Parts[Name], Failure> };

export function succeeded<Parts extends object>(parts: Parts): parts is Parts & Succeeded<Parts> {
  return !Object.values(parts).some(isFailure);
}

export function firstFailure(parts: object): Failure {
  const failed = Object.values(parts).find(isFailure);
  if (!failed) throw new Error('no part failed');
  return failed;
}
