import type { SamplerGroup } from '../sampler.ts';
import { createKernelLog } from './kernel-log.ts';
import { createRuntimeLog } from './runtime-log.ts';

/** What others write about I/O. */
export const logs = {
  'kernel-log': () => createKernelLog(),
  'runtime-log': ({ mounts }) => createRuntimeLog(mounts),
} satisfies SamplerGroup;
