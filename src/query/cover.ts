import type { Db } from '../schema/open.ts';
import { wallUs } from '../schema/units.ts';
import type { Window } from './window.ts';

/** An interval, or several added up. All µs since 1970, see the view `spans`. */
export type Span = {
  readonly span_id: number;
  readonly started_us_min: number;
  readonly ended_us_max: number;
  readonly interval_count: number;
  readonly recorded_us: number;
};

type Touched = Span & { readonly is_within: 0 | 1 };

const TOUCHED = `SELECT span_id, started_us_min, ended_us_max, interval_count, recorded_us,
    ended_us_min > @fromUs AND started_us_max < @toUs AS is_within
  FROM spans WHERE ended_us_max > @fromUs AND started_us_min < @toUs`;

/**
 * The fewest spans that hold every interval overlapping the window, each once: from the longest down, a span
 * all of whose intervals overlap it stands for them; of the others the parts are looked at.
 */
export function cover(db: Db, window: Window): Span[] {
  const roots = db.prepare<object, Touched>(`${TOUCHED} AND parent_id IS NULL`);
  const parts = db.prepare<object, Touched>(
    `${TOUCHED} AND parent_id IN (SELECT value FROM json_each(@parents))`,
  );
  const found: Span[] = [];
  let touched = roots.all(window);
  while (touched.length > 0) {
    found.push(...touched.filter(({ is_within }) => is_within === 1));
    const partial = touched.filter(({ is_within }) => is_within === 0).map(({ span_id }) => span_id);
    touched = partial.length === 0 ? [] : parts.all({ ...window, parents: JSON.stringify(partial) });
  }
  return found;
}

/**
 * The window to the end of the last interval that overlaps it: the intervals that end in this are those that `cover`
 * finds, each whole. Without any it is the window.
 */
export function snapped(db: Db, window: Window): Window {
  const ends = cover(db, window).map((span) => span.ended_us_max);
  const last = ends.reduce((latest, endUs) => Math.max(latest, endUs), Number(window.toUs));
  return { fromUs: window.fromUs, toUs: wallUs(last) };
}

/** As the parameter of `span_id IN (SELECT value FROM json_each(?))`. */
export const spanIds = (spans: readonly Pick<Span, 'span_id'>[]): string =>
  JSON.stringify(spans.map(({ span_id }) => span_id));
