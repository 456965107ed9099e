import type { SamplerName } from '../../schema/samplers.ts';
import { counters } from './counters/index.ts';
import { logs } from './logs/index.ts';
import type { CreateSampler } from './sampler.ts';
import { settings } from './settings/index.ts';
import { space } from './space/index.ts';

/** Every sampler; src/schema/samplers.ts says what each is for. */
export const registry: Readonly<Record<SamplerName, CreateSampler>> = {
  ...counters,
  ...space,
  ...settings,
  ...logs,
};
