import type { Db } from '../../schema/open.ts';
import { wallUs } from '../../schema/units.ts';
import { snapped } from '../cover.ts';
import type { Window } from '../window.ts';
import type { Sentence } from './catalogue/catalogue.ts';
import type { Change } from './changes.ts';
import { changesIn, recordedIn } from './changes.ts';
import type { Diagnosis, DiagnoseQuery } from './diagnose.ts';
import { diagnose } from './diagnose.ts';
import { explains } from './headline.ts';
import type { Periods } from './sql.ts';

/** An incident that fills this much of the window is the window. */
const WHOLE = 0.8;

/**
 * Finds what changed when in a window nobody gave a baseline for, and diagnoses each incident beside the time before it.
 */
export function investigate(db: Db, { periods, container }: DiagnoseQuery): Diagnosis {
  return db.transaction(() => {
    const changes = changesIn(db, periods, container).filter((change) => !isWhole(change, periods.window));
    const diagnosed = changes.map((change) => {
      const around = periodsOf(db, change, changes, periods);
      return { change, diagnosis: diagnose(db, { periods: around, container, within: periods.window }) };
    });
    const [worst] = diagnosed;
    if (!worst) return diagnose(db, { periods, container });
    const incidents = diagnosed.map(({ change, diagnosis }) => ({ change, cause: causeOf(diagnosis) }));
    return { ...worst.diagnosis, incidents };
  })();
}

/** What explains why somebody waits, if anything does. */
const causeOf = ({ findings }: Diagnosis): Sentence | undefined =>
  (findings.find(explains) ?? findings[0])?.sentence;

const isWhole = (change: Window, window: Window): boolean =>
  change.toUs - change.fromUs >= WHOLE * (window.toUs - window.fromUs);

/** At least a minute: shorter than that, it is chance. */
const BASELINE_US_MIN = 60e6;
/** A time before that is a smaller part of the incident's is hardly any. */
const LEAST = 0.25;

/** The incident, and as long a time before it in which nothing else happened; where there is hardly any, after it. */
function periodsOf(db: Db, change: Change, changes: readonly Change[], asked: Periods): Periods {
  const { fromUs, toUs, leftUs } = change;
  const window = { fromUs, toUs };
  const others = changes.filter((each) => each !== change);
  const recorded = recordedIn(db, { fromUs: asked.baseline.fromUs, toUs: asked.window.toUs }) ?? window;
  const lengthUs = Math.max(BASELINE_US_MIN, toUs - leftUs);
  const free = Math.max(
    recorded.fromUs,
    ...others.filter((each) => each.toUs <= leftUs).map((each) => each.toUs),
  );
  const before = { fromUs: wallUs(Math.max(free, leftUs - lengthUs)), toUs: leftUs };
  if (before.toUs - before.fromUs >= LEAST * (toUs - leftUs)) return { window, baseline: before };
  const backUs = snapped(db, window).toUs;
  const next = Math.min(
    recorded.toUs,
    ...others.filter((each) => each.leftUs >= backUs).map((each) => each.leftUs),
  );
  const after = { fromUs: backUs, toUs: wallUs(Math.min(next, backUs + lengthUs)) };
  return after.toUs - after.fromUs > before.toUs - before.fromUs
    ? { window, baseline: after }
    : { window, baseline: before };
}
