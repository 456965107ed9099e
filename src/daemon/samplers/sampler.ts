import type { SamplerName } from '../../schema/samplers.ts';
import type { WallUs } from '../../schema/units.ts';
import type { Containers } from '../lookups/containers.ts';
import type { Devices } from '../lookups/devices.ts';
import type { Mounts } from '../lookups/mounts.ts';
import type { Roots } from '../lookups/roots.ts';
import type { Problem } from './problem.ts';
import type { Row } from './table.ts';
import type { CgroupTargets } from './targets.ts';

/** One source of /proc or /sys, read again and again. What it remembers between rounds is its own. */
export type Sampler = {
  /** At least this long between two rounds; 0: in every tick. Deltas need every tick. */
  readonly everyMs: number;
  /** Reads once. What can't be read is a problem, not an error. */
  sample(now: Instant): Reading;
  close?(): void;
};

export type Instant = {
  readonly wallUs: WallUs;
  /** Of any origin; does not step. */
  readonly monotonicUs: number;
};

export type Reading = {
  readonly rows: readonly Row[];
  /** All there are now: one that is not listed any more is over. */
  readonly problems: readonly Problem[];
};

/** What samplers look through. */
export type Sight = {
  readonly roots: Roots;
  readonly mounts: Mounts;
  readonly devices: Devices;
  readonly containers: Containers;
  readonly targets: CgroupTargets;
};

export type CreateSampler = (sight: Sight, options: { readonly databasePath: string }) => Sampler;

/** Some of the samplers, by their names. */
export type SamplerGroup = Partial<Readonly<Record<SamplerName, CreateSampler>>>;

export const nothing: Reading = { rows: [], problems: [] };
