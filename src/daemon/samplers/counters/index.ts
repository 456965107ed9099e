import type { SamplerGroup } from '../sampler.ts';
import { createCgroupIo } from './cgroup-io.ts';
import { createCpu } from './cpu.ts';
import { createDiskstats } from './diskstats.ts';
import { createMemorySampler } from './memory.ts';
import { createPressure } from './pressure.ts';
import { createProcessIo } from './process-io.ts';

/** What happened between two ticks. */
export const counters = {
  diskstats: createDiskstats,
  cpu: createCpu,
  memory: createMemorySampler,
  pressure: createPressure,
  'cgroup-io': createCgroupIo,
  'process-io': createProcessIo,
} satisfies SamplerGroup;
