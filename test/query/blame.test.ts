import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blameSql } from '../../src/query/findings/queries.ts';
import { blameSentence } from '../../src/query/render/blame.ts';
import type { Blame, BlameRow } from '../../src/query/reports/blame.ts';
import { blame } from '../../src/query/reports/blame.ts';
import { explainOperation } from '../../src/query/reports/explain.ts';
import { wallUs } from '../../src/schema/units.ts';
import { NOON_US, Recording } from './recording.ts';

const MS = 1_000_000;
const web = { container: 'web' };
const noisy = { container: 'noisy' };
const window = { fromUs: wallUs(NOON_US), toUs: wallUs(NOON_US + 60e6) };

let recording: Recording;
beforeEach(() => {
  recording = new Recording();
});
afterEach(() => {
  recording.db.close();
});

/** A sync of web that ends `endMs` after noon. */
const waits = (endMs: number, ms: number, device = 'vda'): void => {
  recording.exemplar(endMs / 1000, web, { op: 'fsync', latencies: [ms * MS], device });
};
const asked = (): Blame =>
  blame(recording.db, { window, ops: [], container: undefined, victim: 'web', limit: 20 });
const found = (): unknown[] =>
  asked().rows.map(({ container, device, overlap_ns_sum }) => [container, device, overlap_ns_sum / MS]);

describe('an owner is blamed', () => {
  test('for all of the wait when it was in flight throughout', () => {
    waits(1150, 100);
    recording.inflight(1000, noisy, 100);
    recording.inflight(1100, noisy, 100);
    expect(found()).toEqual([['noisy', 'vda', 100]]);
  });

  test('for its part of a slot, whoever most comes first', () => {
    waits(1100, 100);
    recording.inflight(1000, { container: 'little' }, 20);
    recording.inflight(1000, { container: 'more' }, 50);
    recording.inflight(1000, { cgroup: '/' }, 10);
    expect(found()).toEqual([
      ['more', 'vda', 50],
      ['little', 'vda', 20],
      [null, 'vda', 10],
    ]);
  });

  test('for no more than all of the time, however many requests it had', () => {
    waits(1080, 60);
    recording.inflight(1000, noisy, 3200);
    expect(found()).toEqual([['noisy', 'vda', 60]]);
  });

  test('by where its slots lie, between two tenths of a second too', () => {
    waits(1080, 60);
    recording.inflight(950, { container: 'before' }, 100);
    recording.inflight(1050, { container: 'after' }, 100);
    expect(found()).toEqual([
      ['after', 'vda', 30],
      ['before', 'vda', 30],
    ]);
  });

  test('once for a slot that was stored in two rows some microseconds apart', () => {
    waits(1100, 100);
    recording.inflight(1000, noisy, 70);
    recording.inflight(1000.004, noisy, 60);
    expect(found()).toEqual([['noisy', 'vda', 100]]);
    expect(asked().rows[0]).toMatchObject({ latency_ns_sum: 100 * MS, overlap_ns_sum: 100 * MS });
  });

  test('not for what was in flight before or after, or on another disk', () => {
    waits(1100, 50);
    recording.inflight(800, noisy, 100);
    recording.inflight(1100, noisy, 100);
    recording.inflight(1000, noisy, 100, 'vdb');
    expect(found()).toEqual([]);
  });

  test('on the disks below the device of the file', () => {
    recording.disk('vg-data', 'vda');
    recording.disk('vg-data', 'vdb');
    waits(1100, 100, 'vg-data');
    recording.inflight(1000, noisy, 30);
    recording.inflight(1000, noisy, 40, 'vdb');
    recording.inflight(1000, noisy, 100, 'vg-data');
    expect(found()).toEqual([
      ['noisy', 'vdb', 40],
      ['noisy', 'vda', 30],
    ]);
  });
});

test('each row has the number and the whole time of the victim’s operations', () => {
  waits(1100, 50);
  waits(5000, 30);
  recording.inflight(1000, noisy, 100);
  expect(asked()).toMatchObject({
    rows: [{ op_count: 2, latency_ns_sum: 80 * MS, overlap_ns_sum: 50 * MS, is_self: 0 }],
    row_count: 1,
    slow_op_count: 2,
  });
});

test('blame, diagnose and the explanation of one operation agree, also on a device without a disk', () => {
  waits(1150, 100, 'nfs');
  recording.inflight(1000, noisy, 40, 'nfs');
  recording.inflight(1100, noisy, 100, 'nfs');
  recording.db.exec(
    `DROP VIEW device_disks; CREATE VIEW device_disks AS SELECT device, disk FROM device_disk`,
  );
  const [row] = asked().rows;
  const [explained] = explainOperation(recording.db, 1)?.inflight ?? [];
  const scope = {
    periods: { window, baseline: window },
    ...{ hasBaseline: false, hasFileIo: false, container: undefined },
  };
  const diagnosed = recording.db.prepare<[], { overlap_ns_sum: number }>(blameSql(scope)).get();
  expect([row, explained, diagnosed].map((each) => each?.overlap_ns_sum)).toEqual([
    70 * MS,
    70 * MS,
    70 * MS,
  ]);
});

test('the sentence names the other, never the victim', () => {
  const row = (container: string, percent: number): BlameRow => ({
    ...{ op: 'fsync', device: 'vda', container, cgroup_path: null, op_count: 1, latency_ns_sum: 100 * MS },
    ...{ overlap_ns_sum: percent * MS, is_self: container === 'web' ? 1 : 0 },
  });
  const rows = [row('web', 90), row('noisy', 70)];
  expect(blameSentence('web', { rows, row_count: 2, slow_op_count: 1, isRecorded: true })).toBe(
    'Most of the time it was noisy: 70 % of what web waited in fsync.',
  );
  expect(
    blameSentence('web', { rows: [row('web', 90)], row_count: 1, slow_op_count: 1, isRecorded: true }),
  ).toBe("Nobody else's I/O was in flight while web waited, as far as was recorded.");
  expect(blameSentence('web', { rows: [], row_count: 0, slow_op_count: 0, isRecorded: false })).toBe(
    'web had no slow operations in the window.',
  );
});

test('what was in flight is not recorded, and not nobody’s, where no slot is kept', () => {
  waits(1100, 100);
  expect(blameSentence('web', asked())).toBe(
    'Whose I/O was in flight while web waited was not recorded: iotrace status says why.',
  );
  recording.inflight(5000, noisy, 10);
  expect(blameSentence('web', asked())).toBe(
    "Nobody else's I/O was in flight while web waited, as far as was recorded.",
  );
});
