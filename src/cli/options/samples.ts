/** Answers from samples: a window, a format, and what could not be sampled in it. */
import type { Failure } from '../../failure.ts';
import { sampleNotes } from '../../query/render/samples.ts';
import { coverage } from '../../query/reports/coverage.ts';
import { sampling } from '../../query/reports/sampling.ts';
import type { Window } from '../../query/window.ts';
import type { Db } from '../../schema/open.ts';
import type { SamplerName } from '../../schema/samplers.ts';
import type { WallUs } from '../../schema/units.ts';
import type { Typed } from '../command.ts';
import type { Format } from './list.ts';
import { formatOption, readFormat } from './list.ts';
import { firstFailure, succeeded } from './values.ts';
import { readWindow, windowOptions } from './window.ts';

export const sampleOptions = { ...windowOptions, ...formatOption } as const;

export type SampleTyped = Typed<typeof sampleOptions>;
export type SampleArguments = { readonly window: Window; readonly format: Format };

export function readSample(typed: SampleTyped, nowUs: WallUs): SampleArguments | Failure {
  const parts = { window: readWindow(typed, nowUs), format: readFormat(typed) };
  return succeeded(parts) ? parts : firstFailure(parts);
}

/** What stands under an answer that rests on these samplers. */
export function notesUnderSamples(
  db: Db,
  window: Window,
  rowCount: number,
  samplers: readonly SamplerName[],
): string[] | Failure {
  return sampleNotes(rowCount, window, coverage(db, window), sampling(db, window, samplers));
}
