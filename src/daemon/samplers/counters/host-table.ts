import { defineSharedTable } from '../table.ts';
import type { SampledRow } from '../table.ts';

const hostColumns = [
  'cpu_ticks',
  'user_ticks',
  'system_ticks',
  'iowait_ticks',
  'steal_ticks',
  'idle_ticks',
  'context_switch_count',
  'fork_count',
  'running_count',
  'blocked_count',
  'dirty_bytes',
  'writeback_bytes',
  'dirty_limit_bytes',
  'dirty_background_limit_bytes',
  'available_bytes',
  'cached_bytes',
  'swap_used_bytes',
  'dirtied_bytes',
  'written_bytes',
  'swap_in_bytes',
  'swap_out_bytes',
  'major_fault_count',
  'refault_count',
  'reclaim_stall_count',
  'io_some_us',
  'io_full_us',
  'memory_some_us',
  'memory_full_us',
] as const;

/** What one sampler knows of the host. */
export type HostValues = Partial<Readonly<Record<(typeof hostColumns)[number], number | null>>>;

const hostSample = defineSharedTable({ name: 'host_sample', keys: ['tick_id'], columns: hostColumns });

export const hostRow = (values: HostValues): SampledRow => hostSample.part({}, values);
