import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  durationNs,
  formatBytes,
  formatCount,
  formatDuration,
  formatElapsed,
  formatInstant,
  formatWall,
  parseBytes,
  parseDuration,
  parseInstant,
  wallUs,
  zoneName,
} from '../../src/schema/units.ts';

test('a duration that is shown and typed again is the same to three digits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e15 }), (ns) => {
      const again = parseDuration(formatDuration(ns).replace(' ', ''))!;
      expect(Math.abs(again - ns) / ns).toBeLessThanOrEqual(0.005);
    }),
  );
});

test('durations never show more than three digits below a thousand seconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999e9 }), (ns) => {
      expect(formatDuration(ns).replace(/\D/gu, '').length).toBeLessThanOrEqual(3);
    }),
  );
});

test.each([
  [0, '0 ns'],
  [834, '834 ns'],
  [999, '999 ns'],
  [1000, '1.00 µs'],
  [12_345, '12.3 µs'],
  [999_600, '1.00 ms'],
  [9_999_999, '10.0 ms'],
  [1.2e9, '1.20 s'],
  [7_200e9, '7200 s'],
])('%d ns is shown as %s', (ns, text) => {
  expect(formatDuration(ns)).toBe(text);
});

test.each([
  ['15m', 900e9],
  ['30s', 30e9],
  ['5ms', 5e6],
  ['1.5h', 5400e9],
  ['7d', 604_800e9],
  ['1w', 604_800e9],
  ['1h30m', 5400e9],
  ['1d2h3m4s5ms', 93_784.005e9],
  ['250us', 250e3],
  ['250µs', 250e3],
  [' 1ns ', 1],
])('%s is a duration', (text, ns) => {
  expect(parseDuration(text)).toBe(durationNs(ns));
});

test.each(['', '15', 'm', '-5s', '5 s', '5x', '1e3s', 'Infinitys', '0x5s', '5s5s', '30m1h', '1h30'])(
  '%s is none',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  [300, '0 ms'],
  [450_000, '450 ms'],
  [12e6, '12 s'],
  [59.7e6, '1 min'],
  [900e6, '15 min'],
  [12_000e6, '3 h 20 min'],
  [187_200e6, '2 d 4 h'],
  [86_400e6, '1 d'],
])('%d µs is shown as %s', (us, text) => {
  expect(formatElapsed(us)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [1_048_575, '1.00 MiB'],
  [1.5 * 2 ** 30, '1.50 GiB'],
])('%d bytes are shown as %s', (count, text) => {
  expect(formatBytes(count)).toBe(text);
});

test.each([
  [1472, '1472'],
  [999_999, '999999'],
  [1_200_000, '1.20 M'],
  [3.45e9, '3.45 G'],
])('%d is shown as %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

const noon = wallUs(Date.parse('2026-11-21T12:00:00Z') * 1000);

test.each([
  ['2026-11-21T12:00:00Z', noon],
  ['2026-11-21T13:00:00+01:00', noon],
  [String(noon / 1e6), noon],
  ['1795262400.25', noon + 250_000],
])('%s is an instant', (text, us) => {
  expect(parseInstant(text, noon)).toBe(us);
});

test('a time without a date is local and of today', () => {
  const expected = new Date(noon / 1000);
  expected.setHours(9, 30, 0, 0);
  expect(parseInstant('9:30', noon)).toBe(expected.getTime() * 1000);
});

test('a date alone begins at local midnight', () => {
  expect(parseInstant('2026-11-21', noon)).toBe(new Date(2026, 10, 21).getTime() * 1000);
});

test.each([
  '',
  'yesterdays',
  'yesterday 25:00',
  'now-',
  'now-1x',
  'now+1h',
  'tomorrow',
  '12',
  '2026-13-01',
  '2026-11-21Tx',
  '1.5',
  '25:00',
  '12:60',
])('%s is no instant', (text) => {
  expect(parseInstant(text, noon)).toBeUndefined();
});

test('words for instants', () => {
  const midnight = new Date(2026, 10, 21).getTime() * 1000;
  const day = 86_400e6;
  expect(parseInstant('now', noon)).toBe(noon);
  expect(parseInstant('now-1h30m', noon)).toBe(noon - 5400e6);
  expect(parseInstant('now - 15m', noon)).toBe(noon - 900e6);
  expect(parseInstant('today', noon)).toBe(midnight);
  expect(parseInstant('yesterday', noon)).toBe(midnight - day);
  expect(parseInstant('yesterday 15:30:10', noon)).toBe(midnight - day + 55_810e6);
});

describe('sizes', () => {
  test.each([
    ['512B', 512],
    ['64MiB', 64 * 2 ** 20],
    ['64mb', 64 * 2 ** 20],
    ['64M', 64 * 2 ** 20],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['2t', 2 * 2 ** 40],
    ['8kib', 8192],
  ])('%s', (text, count) => {
    expect(parseBytes(text)).toBe(count);
  });

  test.each(['', '64', 'MiB', '-1MiB', '64X', '64MBi', '64 M iB'])('%s is none', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });
});

/** In another time zone, as TZ says. */
function inZone<Result>(zone: string, act: () => Result): Result {
  const before = process.env['TZ'];
  process.env['TZ'] = zone;
  try {
    return act();
  } finally {
    process.env['TZ'] = before;
  }
}

describe('instants are shown in the zone of the process', () => {
  const shown = (zone: string, text: string) =>
    inZone(zone, () => {
      const us = Date.parse(text) * 1000;
      return [formatWall(us), zoneName(us), formatInstant(us)];
    });

  test('with daylight saving time as it was then', () => {
    expect(shown('UTC', '2026-11-21T12:00:00.120Z')).toEqual([
      '2026-11-21 12:00:00.120',
      'UTC',
      '2026-11-21T12:00:00Z',
    ]);
    expect(shown('Europe/Berlin', '2026-11-21T12:00:00Z')).toEqual([
      '2026-11-21 13:00:00.000',
      'UTC+01:00',
      '2026-11-21T13:00:00+01:00',
    ]);
    expect(shown('Europe/Berlin', '2026-07-21T23:00:00Z')).toEqual([
      '2026-07-22 01:00:00.000',
      'UTC+02:00',
      '2026-07-22T01:00:00+02:00',
    ]);
    expect(shown('America/St_Johns', '2026-11-21T02:00:00Z')[1]).toBe('UTC-03:30');
  });

  test('and typed as shown they are the same', () => {
    inZone('Asia/Kolkata', () => {
      expect(parseInstant(formatInstant(noon), noon)).toBe(noon);
      expect(parseInstant(formatWall(noon), noon)).toBe(noon);
    });
  });

  test('yesterday is a day earlier, also when the clock changes', () => {
    inZone('Europe/Berlin', () => {
      const afterChange = wallUs(Date.parse('2026-10-26T12:00:00Z') * 1000);
      const got = parseInstant('yesterday', afterChange)!;
      expect(formatWall(got)).toBe('2026-10-25 00:00:00.000');
    });
  });
});
