import type { WallUs } from '../../schema/units.ts';
import type { Container } from '../lookups/containers.ts';

/** What samplers give: rows whose keys are the columns of the tables in 0005-samples.sql. Null: could not be read. */
export type Row =
  | DeviceRow
  | HostRow
  | CgroupRow
  | CgroupDeviceRow
  | ProcessRow
  | FilesystemRow
  | UpperdirRow
  | KernelMessageRow
  | RuntimeMessageRow
  | DeletedRow
  | MountStates
  | DeviceStates
  | LimitStates;

export type RowKind = Row['kind'];

export type DeviceNumbers = { readonly major: number; readonly minor: number };
type Values<Column extends string> = Readonly<Record<Column, number | null>>;

export const deviceColumns = [
  'read_count',
  'read_merged_count',
  'read_bytes',
  'read_ms',
  'write_count',
  'write_merged_count',
  'write_bytes',
  'write_ms',
  'in_flight_count',
  'busy_ms',
  'queue_ms',
  'discard_count',
  'discard_merged_count',
  'discard_bytes',
  'discard_ms',
  'flush_count',
  'flush_ms',
] as const;
export type DeviceValues = Values<(typeof deviceColumns)[number]>;
export type DeviceRow = { readonly kind: 'device' } & DeviceNumbers & { readonly values: DeviceValues };

export const hostColumns = [
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
export type HostValues = Values<(typeof hostColumns)[number]>;
/** What one sampler knows of the host; the rows of a tick become one. */
export type HostRow = { readonly kind: 'host'; readonly values: Partial<HostValues> };

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
export const cgroupDeltas = [
  ...ioColumns,
  'io_some_us',
  'io_full_us',
  'memory_some_us',
  'memory_full_us',
  'memory_high_count',
  'memory_max_count',
  'oom_kill_count',
] as const;
export const cgroupColumns = [
  ...cgroupDeltas,
  'dirty_bytes',
  'writeback_bytes',
  'file_bytes',
  'anon_bytes',
] as const;
export type CgroupValues = Values<(typeof cgroupColumns)[number]>;

export type CgroupTarget = {
  /** Inode number of its directory. */
  readonly id: number;
  /** Below the cgroup2 root. */
  readonly path: string;
  /** Whose it is; `undefined`: a service's, or above containers. */
  readonly container: Container | undefined;
};
/** What one sampler knows of a cgroup; those of a tick become one. */
export type CgroupRow = {
  readonly kind: 'cgroup';
  readonly cgroup: CgroupTarget;
  readonly values: Partial<CgroupValues>;
};
export type CgroupDeviceRow = {
  readonly kind: 'cgroup_device';
  readonly cgroup: CgroupTarget;
  readonly values: IoValues;
} & DeviceNumbers;

export type ProcessRow = {
  readonly kind: 'process';
  readonly pid: number;
  readonly name: string;
  readonly cgroupPath: string | undefined;
  readonly elapsed_us: number;
  readonly read_bytes: number;
  readonly write_bytes: number;
  readonly cancelled_write_bytes: number;
  readonly io_delay_ticks: number | null;
};

export type FilesystemRow = {
  readonly kind: 'filesystem';
  readonly mount_point: string;
  readonly fs_type: string;
  readonly holds: string;
  readonly size_bytes: number;
  readonly free_bytes: number;
  readonly available_bytes: number;
  readonly inode_count: number | null;
  readonly inode_free_count: number | null;
} & DeviceNumbers;

export type UpperdirRow = {
  readonly kind: 'upperdir';
  readonly container: Container;
  readonly upperdir: string;
  readonly file_count: number;
  readonly directory_count: number;
  readonly is_complete: 0 | 1;
};

export type KernelMessageRow = {
  readonly kind: 'kernel_message';
  readonly sequence: number;
  readonly logged_us: WallUs;
  readonly level: number;
  readonly topic: string;
  readonly device: string | null;
  readonly message: string;
};

export type RuntimeMessageRow = {
  readonly kind: 'runtime_message';
  readonly logged_us: WallUs;
  readonly unit: string;
  readonly level: string;
  readonly message: string;
};

export type DeletedRow = {
  readonly kind: 'deleted';
  readonly pid: number;
  readonly name: string;
  readonly cgroupPath: string | undefined;
  readonly inode: bigint;
  readonly path: string;
  readonly size_bytes: number;
  readonly allocated_bytes: number;
  readonly held_by: string;
  readonly holder_count: number;
} & DeviceNumbers;

type Setting = string | number | null;
/** Settings as they are now, all of them: one that is not listed any more holds no longer. */
export type MountStates = { readonly kind: 'mount_states'; readonly states: readonly MountState[] };
export type MountState = DeviceNumbers & {
  /** Tells it from others at the same time. */
  readonly identity: string;
  readonly container: Container | undefined;
  readonly values: Readonly<Record<(typeof mountColumns)[number], Setting>>;
};
export const mountColumns = [
  'mount_point',
  'root',
  'fs_type',
  'source',
  'is_read_only',
  'atime',
  'has_diratime',
  'data_mode',
  'has_barrier',
  'commit_s',
  'is_discarding',
  'lowerdir_count',
  'upperdir',
  'overlay_index',
  'overlay_metacopy',
  'is_volatile',
  'options',
] as const;

export type DeviceStates = { readonly kind: 'device_states'; readonly states: readonly DeviceState[] };
export type DeviceState = DeviceNumbers & {
  readonly identity: string;
  readonly values: Readonly<Record<(typeof deviceStateColumns)[number], Setting>>;
};
export const deviceStateColumns = [
  'kind',
  'below',
  'model',
  'size_bytes',
  'scheduler',
  'write_cache',
  'is_rotational',
  'request_count_max',
  'wbt_latency_us',
  'read_ahead_bytes',
  'request_bytes_max',
  'has_iostats',
  'nomerges',
  'is_read_only',
] as const;

export type LimitStates = { readonly kind: 'limit_states'; readonly states: readonly LimitState[] };
export type LimitState = {
  readonly identity: string;
  readonly cgroup: CgroupTarget;
  readonly device: DeviceNumbers | undefined;
  readonly values: Readonly<Record<(typeof limitColumns)[number], number | null>>;
};
export const limitColumns = [
  'read_bytes_per_s_max',
  'write_bytes_per_s_max',
  'reads_per_s_max',
  'writes_per_s_max',
  'io_weight',
  'memory_high_bytes',
  'memory_max_bytes',
] as const;

/** Whether nothing happened in a cgroup and nothing is dirty: no row is needed to say so. */
export function isIdle(values: Partial<CgroupValues>): boolean {
  const isStill = cgroupDeltas.every((column) => (values[column] ?? 0) === 0);
  return isStill && (values.dirty_bytes ?? 0) === 0 && (values.writeback_bytes ?? 0) === 0;
}
