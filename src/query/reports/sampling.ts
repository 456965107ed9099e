import type { Db } from '../../schema/open.ts';
import type { SamplerName } from '../../schema/samplers.ts';
import type { Window } from '../window.ts';

/** What a sampler could not read, as the view `sampler_coverage` has it. */
export type SamplerGap = {
  sampler: string;
  subject: string;
  state: 'seen' | 'partial' | 'missing';
  reason: string;
  fix: string | null;
};

/** How far an answer from samples can be trusted. */
export type Sampling = {
  /** How much of the window is between two ticks of the samplers, µs. */
  readonly sampled_us: number;
  /** What the latest session in the window could not read. */
  readonly gaps: readonly SamplerGap[];
  /** Samplers that did not run in it. */
  readonly absent: readonly SamplerName[];
};

/** What stands under an answer that rests on these samplers. */
export function sampling(db: Db, window: Window, names: readonly SamplerName[]): Sampling {
  const { fromUs, toUs } = window;
  const rows = db
    .prepare<(number | string)[], SamplerGap>(
      `SELECT sampler, subject, state, reason, fix FROM sampler_coverage
       WHERE sampler IN (${names.map(() => '?').join(', ')}) AND session_id = (
         SELECT session_id FROM session WHERE started_us < ? AND max(alive_us, ifnull(ended_us, 0)) >= ?
         ORDER BY started_us DESC LIMIT 1)
       ORDER BY sampler, subject`,
    )
    .all(...names, toUs, fromUs);
  const ran = new Set(rows.map(({ sampler }) => sampler));
  return {
    sampled_us: readSampled(db, window),
    gaps: rows.filter(({ state }) => state !== 'seen'),
    absent: names.filter((name) => !ran.has(name)),
  };
}

function readSampled(db: Db, { fromUs, toUs }: Window): number {
  return (
    db
      .prepare<number[], number | null>(
        `SELECT sum(min(ended_us, ?) - max(started_us, ?)) FROM (
           SELECT started_us, ended_us FROM host_samples WHERE ended_us > ? AND started_us < ?
           UNION SELECT started_us, ended_us FROM device_samples WHERE ended_us > ? AND started_us < ?)`,
      )
      .pluck()
      .get(toUs, fromUs, fromUs, toUs, fromUs, toUs) ?? 0
  );
}
