import { describe, expect, test } from 'vitest';
import { explain } from '../../../src/failure.ts';
import type { AnswerExtent } from '../../../src/query/render/footnotes.ts';
import { footnotes, gapLines, nothingRecorded } from '../../../src/query/render/footnotes.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { NOON_US } from '../recording.ts';

const window = { fromUs: wallUs(NOON_US), toUs: wallUs(NOON_US + 900e6) };

const answer = (
  overrides: Partial<AnswerExtent> = {},
  coverage: Partial<AnswerExtent['coverage']> = {},
): AnswerExtent => ({
  shown: 3,
  row_count: 3,
  window,
  isFiltered: false,
  coverage: {
    interval_count: 180,
    recorded_us: 900e6,
    hours_only_until_us: null,
    extent: window,
    gaps: [],
    losses: [],
    shed: undefined,
    ...coverage,
  },
  ...overrides,
});

test('a complete answer has one line', () => {
  expect(footnotes(answer())).toEqual(['3 rows, 2026-11-21 12:00:00 to 12:15:00 UTC']);
  expect(footnotes(answer({ shown: 1, row_count: 1 }))).toEqual([
    '1 row, 2026-11-21 12:00:00 to 12:15:00 UTC',
  ]);
});

test('rows that are not shown are counted', () => {
  expect(footnotes(answer({ shown: 20, row_count: 57 }))).toEqual([
    '20 of 57 rows (--limit 57 shows all), 2026-11-21 12:00:00 to 12:15:00 UTC',
  ]);
});

test('a window that was recorded in part says how much', () => {
  expect(footnotes(answer({}, { recorded_us: 190e6 }))).toEqual([
    '3 rows, 2026-11-21 12:00:00 to 12:15:00 UTC, recorded: 3 min 10 s of it',
  ]);
});

describe('what the answer might not contain is one line', () => {
  const gap = (
    probe: string,
    subject: string,
    state: 'missing' | 'partial' | 'unproven',
    fix: string | null = 'use a newer bpftrace',
  ) => ({ probe, subject, state, reason: 'whatever', fix });

  test('what is missing by name, of what is seen in part the probes, and all losses', () => {
    const gaps = [
      gap('fsync', 'msync', 'partial'),
      gap('fsync', 'o_sync', 'partial'),
      gap('copy_up', 'copy_up', 'missing', null),
      gap('journal', 'journal_wait', 'missing'),
    ];
    const losses = [
      { kind: 'operations_uncounted', lost_count: 12 },
      { kind: 'something_new', lost_count: 1_500_000 },
    ];
    expect(footnotes(answer({}, { gaps, losses })).slice(1)).toEqual([
      'Not covered: copy_up, journal_wait. In part: fsync. Lost: operations_uncounted 12, something_new 1.50 M. Details: iotrace status',
    ]);
  });

  test('without what nobody did yet, and what no kernel can show', () => {
    const gaps = [gap('fsync', 'sync', 'unproven', null), gap('file_io', 'aio', 'missing', null)];
    expect(footnotes(answer({}, { gaps })).slice(1)).toEqual([]);
  });

  test('with the detail that was shed', () => {
    expect(footnotes(answer({}, { shed: 'no file rows' })).slice(1)).toEqual([
      'Shed to stay below --max-cpu: no file rows; totals are exact. Details: iotrace status',
    ]);
  });
});

test('a window in which nothing was recorded says what was, and what to type', () => {
  const extent = { fromUs: wallUs(NOON_US + 0.4e6), toUs: wallUs(NOON_US + 600.2e6) };
  const later = { fromUs: wallUs(NOON_US + 86_400e6), toUs: wallUs(NOON_US + 87_300e6) };
  const said = (coverage: Parameters<typeof nothingRecorded>[1]) => {
    const nothing = nothingRecorded(later, coverage);
    return nothing && explain(nothing);
  };
  expect(said({ interval_count: 0, extent })).toBe(
    'Nothing was recorded from 2026-11-22 12:00:00 to 12:15:00 UTC. The recording covers 2026-11-21 12:00:00 to 12:10:00 UTC; try --from 2026-11-21T12:00:00Z --to 2026-11-21T12:10:01Z',
  );
  expect(said({ interval_count: 0, extent: undefined })).toBe(
    'Nothing was recorded yet. Start with: sudo iotrace record --for 30s',
  );
  expect(said({ interval_count: 1, extent })).toBeUndefined();
});

test('filters that match nothing say so, and which containers there were', () => {
  const second = (overrides: Partial<AnswerExtent>) =>
    footnotes(answer({ shown: 0, row_count: 0, isFiltered: true, ...overrides }))[1];
  expect(second({ isFiltered: false })).toBe('No operation happened in this window.');
  expect(second({})).toBe('No operation matched.');
  expect(second({ containers: ['api', 'a\nb'] })).toBe(
    'No operation matched. Containers in this window: api, a\\nb.',
  );
  expect(second({ containers: [] })).toBe('No operation matched. No container did any of it in this window.');
});

test('a gap is one line, whatever is in its reason', () => {
  const gap = {
    probe: 'block',
    subject: 'block_read',
    state: 'unproven',
    reason: 'a\nb',
    fix: null,
  } as const;
  expect(gapLines([gap])).toEqual(['not proven: block block_read: a\\nb']);
});
