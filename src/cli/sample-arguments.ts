import type { Failure } from '../failure.ts';
import type { Window } from '../query/window.ts';
import type { WallUs } from '../schema/units.ts';
import type { Format, globalOptions, Typed } from './arguments.ts';
import {
  conflict,
  firstFailure,
  formats,
  listOptions,
  oneOf,
  readCount,
  readWindow,
  succeeded,
  text,
  windowOptions,
} from './arguments.ts';

export const sampleOptions = { ...windowOptions, format: listOptions.format } as const;

export const deletedOptions = {
  live: { type: 'boolean', describe: 'Look now; the default for root when no window is given' },
  container: text('Only those this container holds'),
  ...windowOptions,
  ...listOptions,
} as const;

type Global = Typed<typeof globalOptions>;
export type SampleTyped = Global & Typed<typeof sampleOptions>;
export type DeletedTyped = Global & Typed<typeof deletedOptions>;

export type SampleArguments = { readonly window: Window; readonly format: Format };

export function readSample(typed: Typed<typeof sampleOptions>, nowUs: WallUs): SampleArguments | Failure {
  const parts = {
    window: readWindow(typed, nowUs),
    format: oneOf('--format', typed.format ?? 'table', formats),
  };
  return succeeded(parts) ? parts : firstFailure(parts);
}

export type DeletedArguments = SampleArguments & {
  readonly isLive: boolean;
  readonly container: string | undefined;
  readonly limit: number;
};

/** @param isRoot whether this process may look into others */
export function readDeleted(
  typed: Typed<typeof deletedOptions> & Global,
  nowUs: WallUs,
  isRoot: boolean,
): DeletedArguments | Failure {
  const parts = {
    window: readWindow(typed, nowUs),
    format: oneOf('--format', typed.format ?? 'table', formats),
    limit: readCount('--limit', typed.limit ?? '20', 1),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const windowOption = (['since', 'from', 'to', 'db'] as const).find((name) => typed[name] !== undefined);
  if (typed.live === true && windowOption !== undefined) {
    return conflict('--live', `--${windowOption}`, 'one looks now, the other into a recording');
  }
  const isLive = typed.live ?? (isRoot && windowOption === undefined);
  return { ...parts, isLive, container: typed.container };
}
