import { describe, expect, test } from 'vitest';
import { changesIn } from '../../../src/query/findings/changes.ts';
import { investigate } from '../../../src/query/findings/investigate.ts';
import { diagnosisBrief } from '../../../src/query/render/diagnosis/text.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { NOON_US, Recording } from '../recording.ts';

const MINUTE_US = 60e6;
const MINUTES = 400;
const web = { container: 'web' };
const batch = { container: 'batch' };

type Minute = { readonly web_ms?: readonly number[]; readonly batch_ms?: readonly number[] };

/** Hours of a minute an interval in which web syncs twice a minute, 20 ms each, but for what is given. */
function hours(unusual: Readonly<Record<number, Minute>>): Recording {
  const recording = new Recording(':memory:', {
    interval_ms: 60_000,
    alive_us: NOON_US + MINUTES * MINUTE_US,
  });
  recording.proof('fsync', 'fsync', 'seen');
  const ns = (ms: readonly number[]): number[] => ms.map((each) => each * 1e6);
  recording.db.transaction(() => {
    for (let minute = 0; minute < MINUTES; minute += 1) {
      const started_us = NOON_US + minute * MINUTE_US;
      const interval = recording.interval(0, { started_us, ended_us: started_us + MINUTE_US });
      const { web_ms = [20, 20], batch_ms = [5] } = unusual[minute] ?? {};
      recording.operations(interval, web, { op: 'fsync', latencies: ns(web_ms) });
      recording.operations(interval, batch, { op: 'fsync', latencies: ns(batch_ms) });
    }
  })();
  return recording;
}

const at = (minute: number) => wallUs(NOON_US + minute * MINUTE_US);
const day = {
  window: { fromUs: at(MINUTES - 1440), toUs: at(MINUTES) },
  baseline: { fromUs: at(MINUTES - 2880), toUs: at(MINUTES - 1440) },
};
const changes = (recording: Recording, container?: string): unknown[] =>
  changesIn(recording.db, day, container).map(({ who, op, fromUs, toUs, isOver }) => [
    who,
    op,
    (fromUs - NOON_US) / MINUTE_US,
    (toUs - NOON_US) / MINUTE_US,
    isOver,
  ]);

/** A minute of nine hundred syncs of 20 ms. */
const storm: Minute = { web_ms: Array.from({ length: 900 }, () => 20) };
const minutes = (from: number, to: number, minute: Minute): Record<number, Minute> =>
  Object.fromEntries(Array.from({ length: to - from }, (_, index) => [from + index, minute]));

describe('given a day', () => {
  test('what left its range is found to the minute, wherever the slots of ten minutes lie', () => {
    expect(changes(hours(minutes(192, 199, storm)))).toEqual([['web', 'fsync', 192, 199, true]]);
  });

  test('several incidents come as a list, the worst first', () => {
    const recording = hours({ ...minutes(60, 63, storm), ...minutes(300, 330, storm) });
    expect(changes(recording)).toEqual([
      ['web', 'fsync', 300, 330, true],
      ['web', 'fsync', 60, 63, true],
    ]);
  });

  test('a burst of a minute is not averaged away', () => {
    expect(changes(hours({ 245: { web_ms: [3000, 3000] } }))).toEqual([['web', 'fsync', 245, 246, true]]);
  });

  test('what does not come back is not over', () => {
    expect(changes(hours(minutes(371, 400, storm)))).toEqual([['web', 'fsync', 371, 400, false]]);
  });

  test('what happens every minute is nobody’s incident', () => {
    expect(changes(hours(minutes(0, MINUTES, storm)))).toEqual([]);
  });

  test('asked about one container, only its own changes count', () => {
    const recording = hours(minutes(192, 199, storm));
    expect(changes(recording, 'batch')).toEqual([]);
    expect(changes(recording, 'web')).toEqual([['web', 'fsync', 192, 199, true]]);
  });
});

describe('an investigation', () => {
  const recording = hours({ ...minutes(60, 63, storm), ...minutes(300, 330, storm) });
  const diagnosis = investigate(recording.db, { periods: day, container: undefined });

  test('diagnoses the worst beside the time before it', () => {
    const { window, baseline } = diagnosis.periods;
    expect([window.fromUs, window.toUs, baseline.fromUs, baseline.toUs]).toEqual([
      at(300),
      at(330),
      at(270),
      at(300),
    ]);
    expect(diagnosis.findings[0]).toMatchObject({
      rule: 'fsync-storm',
      who: 'web',
      sentence: { values: { ops_per_s: 15 } },
    });
  });

  test('lists the others, with their cause', () => {
    expect(diagnosis.incidents.map(({ change, cause }) => [change.fromUs, cause?.values['who']])).toEqual([
      [at(300), 'web'],
      [at(60), 'web'],
    ]);
    const brief = diagnosisBrief(diagnosis, {
      language: 'en',
      screen: { width: 100, colour: false },
      hasSql: false,
    });
    expect(brief).toMatch(/fsync of web left its range and came back\./u);
  });
});
