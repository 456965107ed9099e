import type { SamplerGroup } from '../sampler.ts';
import { createBlockSettings } from './block-settings.ts';
import { createCgroupLimits } from './cgroup-limits.ts';
import { createMountStates } from './mounts.ts';

/** What is set, and from when until when it held. */
export const settings = {
  mounts: createMountStates,
  'block-settings': createBlockSettings,
  'cgroup-limits': createCgroupLimits,
} satisfies SamplerGroup;
