import { defineSharedTable } from '../table.ts';
import type { SampledRow } from '../table.ts';
import type { CgroupTarget } from '../targets.ts';

/** Of a cgroup, on one device or on all. */
export const ioColumns = [
  'read_count',
  'read_bytes',
  'write_count',
  'write_bytes',
  'discard_count',
  'discard_bytes',
] as const;
export type IoValues = Readonly<Record<(typeof ioColumns)[number], number>>;

/** Deltas, then what is as it is at the end of the tick. */
const deltaColumns = [
  ...ioColumns,
  'io_some_us',
  'io_full_us',
  'memory_some_us',
  'memory_full_us',
  'memory_high_count',
  'memory_max_count',
  'oom_kill_count',
] as const;
const cgroupColumns = [
  ...deltaColumns,
  'dirty_bytes',
  'writeback_bytes',
  'file_bytes',
  'anon_bytes',
] as const;

/** What one sampler knows of a cgroup. */
export type CgroupValues = Partial<Readonly<Record<(typeof cgroupColumns)[number], number | null>>>;

/** Nothing happened in it, and nothing is dirty: no row is needed to say so. */
const STILL = [...deltaColumns, 'dirty_bytes', 'writeback_bytes'] as const;

const cgroupSample = defineSharedTable({
  name: 'cgroup_sample',
  keys: ['tick_id', 'cgroup_key'],
  columns: cgroupColumns,
  isIdle: (values) => STILL.every((column) => (values[column] ?? 0) === 0),
});

export const cgroupRow = (cgroup: CgroupTarget, values: CgroupValues): SampledRow =>
  cgroupSample.part({ cgroup }, values);
