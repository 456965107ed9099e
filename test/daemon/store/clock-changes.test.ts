import { beforeEach, describe, expect, test } from 'vitest';
import { createClockChanges } from '../../../src/daemon/store/clock-changes.ts';
import type { ClockReading } from '../../../src/daemon/stream/clock.ts';
import type { Db } from '../../../src/schema/open.ts';
import { memoryDatabase } from '../recording.ts';

const SECOND_US = 1e6;
const HOUR_US = 3600 * SECOND_US;
const DAY_US = 24 * HOUR_US;
const BOOTED_US = 1_795_000_000_000_000;

/** The clocks so long after the host was booted, of which it slept for a while, with the wall clock off by `stepUs`. */
const at = (ranUs: number, stepUs = 0, sleptUs = 0): ClockReading => ({
  wallUs: BOOTED_US + ranUs + stepUs,
  bootUs: ranUs,
  monotonicUs: ranUs - sleptUs,
});

let db: Db;
let sessionId: number;
beforeEach(() => {
  ({ db, sessionId } = memoryDatabase());
});

const rows = () => db.prepare('SELECT kind, change_us, at_us FROM clock_changes').all();
const addSession = (bootId: string): number =>
  Number(
    db
      .prepare(
        `INSERT INTO session_record VALUES (NULL, ?, 'host', 1, 0, 0, NULL, NULL, '0', '6.1', '0.17', 2, 5000, 10000000, '[]')`,
      )
      .run(bootId).lastInsertRowid,
  );

describe('is a row', () => {
  test('each step of the clock, forward and back', () => {
    const clock = createClockChanges(db, sessionId, 'boot', at(HOUR_US));
    clock.look(at(HOUR_US + 5 * SECOND_US));
    clock.look(at(HOUR_US + 10 * SECOND_US, 100 * DAY_US));
    clock.look(at(HOUR_US + 15 * SECOND_US, 100 * DAY_US));
    clock.look(at(HOUR_US + 20 * SECOND_US));
    expect(rows()).toEqual([
      { kind: 'step', change_us: 100 * DAY_US, at_us: BOOTED_US + HOUR_US + 10 * SECOND_US + 100 * DAY_US },
      { kind: 'step', change_us: -100 * DAY_US, at_us: BOOTED_US + HOUR_US + 20 * SECOND_US },
    ]);
  });

  test('each suspend, which is no step', () => {
    const clock = createClockChanges(db, sessionId, 'boot', at(HOUR_US));
    clock.look(at(3 * HOUR_US, 0, 2 * HOUR_US));
    clock.look(at(3 * HOUR_US + 5 * SECOND_US, 0, 2 * HOUR_US));
    expect(rows()).toEqual([{ kind: 'suspend', change_us: 2 * HOUR_US, at_us: BOOTED_US + 3 * HOUR_US }]);
  });

  test('a step while no daemon ran, and a reboot', () => {
    createClockChanges(db, sessionId, 'boot', at(HOUR_US)).look(at(2 * HOUR_US));
    createClockChanges(db, addSession('boot'), 'boot', at(3 * HOUR_US, HOUR_US)).look(
      at(3 * HOUR_US, HOUR_US),
    );
    createClockChanges(db, addSession('next boot'), 'next boot', at(0, 9 * HOUR_US));
    expect(rows()).toEqual([
      { kind: 'step', change_us: HOUR_US, at_us: BOOTED_US + 4 * HOUR_US },
      { kind: 'reboot', change_us: 5 * HOUR_US, at_us: BOOTED_US + 9 * HOUR_US },
    ]);
  });

  test('nothing else: not time, not a clock that is slewed, not a new daemon', () => {
    const clock = createClockChanges(db, sessionId, 'boot', at(HOUR_US));
    for (let tick = 1; tick <= 100; tick += 1) {
      clock.look(at(HOUR_US + tick * 5 * SECOND_US, tick * 2500));
    }
    createClockChanges(db, addSession('boot'), 'boot', at(2 * HOUR_US, 250_000));
    expect(rows()).toEqual([]);
  });
});

describe('what is older than a day', () => {
  const aged = (now: ClockReading, clock: ReturnType<typeof createClockChanges>): number =>
    clock.agedNow(now, DAY_US) - BOOTED_US;

  test('is so by the clock as long as it runs', () => {
    const clock = createClockChanges(db, sessionId, 'boot', at(HOUR_US));
    clock.look(at(30 * DAY_US));
    expect(aged(at(31 * DAY_US), clock)).toBe(31 * DAY_US);
  });

  test('is not made so by a step, until a day has passed since', () => {
    const clock = createClockChanges(db, sessionId, 'boot', at(HOUR_US));
    clock.look(at(2 * HOUR_US, 100 * DAY_US));
    expect(aged(at(3 * HOUR_US, 100 * DAY_US), clock)).toBe(3 * HOUR_US);
    expect(aged(at(25 * HOUR_US, 100 * DAY_US), clock)).toBe(25 * HOUR_US);
    expect(aged(at(26 * HOUR_US, 100 * DAY_US), clock)).toBe(26 * HOUR_US + 100 * DAY_US);
  });

  test('is not made so by a step that is taken back, neither before nor after that', () => {
    const clock = createClockChanges(db, sessionId, 'boot', at(HOUR_US));
    clock.look(at(2 * HOUR_US, 100 * DAY_US));
    clock.look(at(2 * HOUR_US + 12 * SECOND_US));
    expect(aged(at(3 * HOUR_US), clock)).toBe(3 * HOUR_US);
  });

  test('is not made so by a step back followed by one forward', () => {
    const clock = createClockChanges(db, sessionId, 'boot', at(HOUR_US));
    clock.look(at(2 * HOUR_US, -100 * DAY_US));
    clock.look(at(3 * HOUR_US));
    // What was dated a hundred days early is an hour old at most.
    expect(aged(at(3 * HOUR_US), clock)).toBe(3 * HOUR_US - 100 * DAY_US);
  });

  test('is not made so by a reboot: how long the host was down, its clock alone says', () => {
    createClockChanges(db, sessionId, 'boot', at(HOUR_US)).look(at(2 * HOUR_US));
    const next = createClockChanges(db, addSession('next boot'), 'next boot', at(0, 50 * DAY_US));
    expect(aged(at(HOUR_US, 50 * DAY_US), next)).toBe(2 * HOUR_US + HOUR_US);
    expect(aged(at(25 * HOUR_US, 50 * DAY_US), next)).toBe(50 * DAY_US + 25 * HOUR_US);
  });
});
