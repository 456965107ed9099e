import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { cover, spanIds } from '../cover.ts';
import type { Span } from '../cover.ts';
import type { Window } from '../window.ts';
import type { LossSum } from './losses.ts';
import { lossesIn } from './losses.ts';

/** What a probe was proven to see, as the view `coverage` has it. */
export type CoverageRow = {
  probe: string;
  subject: string;
  state: 'seen' | 'unproven' | 'partial' | 'missing';
  reason: string;
  fix: string | null;
};

/** How far an answer about a window can be trusted. */
export type Coverage = {
  /** Intervals recorded that overlap the window. */
  readonly interval_count: number;
  /** How much of the window they cover, µs. */
  readonly recorded_us: number;
  /** Up to here in the window no intervals are kept, and hours that overlap it count whole; µs since 1970. */
  readonly hours_only_until_us: number | null;
  /** The first and last moment of the whole recording, µs since 1970; `undefined`: it is empty. */
  readonly extent: Window | undefined;
  /** What the latest session in the window could not see. */
  readonly gaps: readonly CoverageRow[];
  /** What was lost in the window, summed by kind. */
  readonly losses: readonly LossSum[];
  /** The least detail the governor left in the window; `undefined`: all of it. */
  readonly shed: string | undefined;
};

/** What stands under every answer about the window. */
export function coverage(db: Db, window: Window): Coverage {
  return db.transaction(() => ({
    ...readIntervals(db, window),
    hours_only_until_us: readRemoved(db, window),
    extent: readExtent(db),
    gaps: readGaps(db, window),
    losses: lossesIn(db, window),
    shed: readShed(db, window),
  }))();
}

/** What the probes of one session were proven to see, or not. */
export function sessionCoverage(db: Db, sessionId: number): CoverageRow[] {
  return db
    .prepare<[number], CoverageRow>(
      'SELECT probe, subject, state, reason, fix FROM coverage WHERE session_id = ? ORDER BY probe, subject',
    )
    .all(sessionId);
}

/** Whether any container was seen since recording began. */
export function hasContainers(db: Db): boolean {
  return db.prepare('SELECT 1 FROM cgroups WHERE container IS NOT NULL LIMIT 1').get() !== undefined;
}

/** Names of the containers that did something in the window, alphabetically. */
export function containersSeen(db: Db, window: Window): string[] {
  return db
    .prepare<[string], string>(
      `SELECT DISTINCT container FROM cgroups WHERE container IS NOT NULL AND cgroup_key IN (
         SELECT cgroup_key FROM span_operations WHERE span_id IN (SELECT value FROM json_each(?)))
       ORDER BY container`,
    )
    .pluck()
    .all(spanIds(cover(db, window)));
}

/** Classes of the files something was done to in the window, alphabetically. */
export function classesSeen(db: Db, { fromUs, toUs }: Window): string[] {
  return db
    .prepare<[number, number], string>(
      'SELECT DISTINCT class FROM operations WHERE ended_us > ? AND started_us < ? ORDER BY class',
    )
    .pluck()
    .all(fromUs, toUs);
}

type Intervals = { interval_count: number; recorded_us: number };

function readIntervals(db: Db, window: Window): Intervals {
  const spans = cover(db, window);
  return {
    interval_count: spans.reduce((sum, span) => sum + span.interval_count, 0),
    recorded_us: spans.reduce((sum, span) => sum + recordedWithin(span, window), 0),
  };
}

/** What stands out of the window at its edges is not in it. */
function recordedWithin(span: Span, { fromUs, toUs }: Window): number {
  const outside = Math.max(0, fromUs - span.started_us_min) + Math.max(0, span.ended_us_max - toUs);
  return Math.max(0, span.recorded_us - outside);
}

function readRemoved(db: Db, { fromUs, toUs }: Window): number | null {
  const last = db
    .prepare<[number, number], number | null>(
      `SELECT max(ended_us) FROM removals WHERE subject = 'intervals' AND ended_us > ? AND started_us < ?`,
    )
    .pluck()
    .get(fromUs, toUs);
  return last ?? null;
}

function readExtent(db: Db): Window | undefined {
  const row = db
    .prepare<[], { fromUs: WallUs | null; toUs: WallUs | null }>(
      `SELECT min(started_us_min) AS fromUs, max(ended_us_max) AS toUs FROM spans WHERE parent_id IS NULL`,
    )
    .get();
  if (row?.fromUs == null || row.toUs === null) return undefined;
  return { fromUs: row.fromUs, toUs: row.toUs };
}

function readGaps(db: Db, { fromUs, toUs }: Window): CoverageRow[] {
  return db
    .prepare<[number, number], CoverageRow>(
      `SELECT probe, subject, state, reason, fix FROM coverage
       WHERE state <> 'seen' AND session_id = (
         SELECT session_id FROM session WHERE started_us < ? AND max(alive_us, ifnull(ended_us, 0)) >= ?
         ORDER BY started_us DESC LIMIT 1)
       ORDER BY probe, subject`,
    )
    .all(toUs, fromUs);
}

/** The steps in the window, and the one each session was at when the window began. */
function readShed(db: Db, { fromUs, toUs }: Window): string | undefined {
  const row = db
    .prepare<[number, number, number], { detail: string }>(
      `SELECT detail FROM governor AS step
       WHERE level > 0 AND at_us < ? AND (at_us >= ? OR at_us = (
         SELECT max(at_us) FROM governor WHERE session_id = step.session_id AND at_us < ?)
         AND session_id = (SELECT max(session_id) FROM governor))
       ORDER BY level DESC LIMIT 1`,
    )
    .get(toUs, fromUs, fromUs);
  return row?.detail;
}
