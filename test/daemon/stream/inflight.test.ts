import { expect, test } from 'vitest';
import { createInflight } from '../../../src/daemon/stream/inflight.ts';
import { INFLIGHT_SLOT_US } from '../../../src/schema/probes/block.ts';

const at = (slot: number): number => slot * INFLIGHT_SLOT_US;
const slots = (...numbers: readonly number[]): Map<string, number> =>
  new Map(numbers.map((slot) => [`8,27,${String(slot)}`, slot]));

test('a slot in which something slow was under way is taken, once', () => {
  const inflight = createInflight();
  inflight.add(slots(10, 11, 12, 13));
  inflight.want(at(11) + 5, at(12) + 5);
  expect(inflight.take()).toEqual([
    { slotBootUs: at(11), dev: 8, cgroupId: 27, inflightNs: 11 },
    { slotBootUs: at(12), dev: 8, cgroupId: 27, inflightNs: 12 },
  ]);
  expect(inflight.take()).toEqual([]);
});

test('slots that arrive after the exemplar are taken when they do', () => {
  const inflight = createInflight();
  inflight.want(at(11), at(11) + 1);
  expect(inflight.take()).toEqual([]);
  inflight.add(slots(11));
  expect(inflight.take()).toHaveLength(1);
});

test('the rest of a slot that was under way when the map was printed is taken too', () => {
  const inflight = createInflight();
  inflight.want(at(11), at(11) + 1);
  inflight.add(slots(11));
  inflight.add(slots(11));
  expect(inflight.take()).toHaveLength(2);
});

test('what nobody asked for within a minute is forgotten', () => {
  const inflight = createInflight();
  inflight.add(slots(10));
  inflight.add(slots(611));
  inflight.want(at(10), at(10));
  expect(inflight.take()).toEqual([]);
});

test('of an operation that took an hour the last minute is wanted', () => {
  const inflight = createInflight();
  inflight.add(slots(35_000, 35_999));
  inflight.want(0, at(36_000));
  expect(inflight.take().map(({ slotBootUs }) => slotBootUs)).toEqual([at(35_999)]);
});
