import { WITHOUT_FILE } from '../../schema/no-file.ts';
import { INFLIGHT_SLOT_US, OWNER_BASES } from '../../schema/probes/block.ts';
import { fileIo } from '../../schema/probes/file-io.ts';
import { fsync } from '../../schema/probes/fsync.ts';
import { operations } from '../../schema/probes/index.ts';
import { journal } from '../../schema/probes/journal.ts';
import { BEYOND, OP_SHIFT, VARIANT_SHIFT } from '../../schema/row-numbers.ts';
import { MESSAGE_BITS, READY_TO_END, SHIFT_BITS, SHIFT_NONE } from './control.ts';
import type { ControlKey } from './control.ts';

/** The numbers that the programs in bpf/ have names for. */
export type Constants = Readonly<Record<string, number>>;

/**
 * Names cross in pieces of this many bytes. bpftrace's own limit (BPFTRACE_STRLEN) must be three
 * more: from 0.18 on a longer string ends in `..`, written over its last two bytes. Longer pieces
 * exceed the 512-byte stack of 0.17.
 */
export const NAME_PIECE = 61;
export const STRING_LIMIT = NAME_PIECE + 3;

/** The kernel's, alike from 5.10 to 7.3 and on every architecture but where noted. */
const KERNEL = {
  // include/linux/sched.h
  PF_IO_WORKER: 0x10,
  PF_KTHREAD: 0x200000,
  // include/uapi/linux/stat.h, include/linux/fs.h, include/linux/dcache.h
  S_IFMT: 0o170000,
  S_IFREG: 0o100000,
  S_IFDIR: 0o040000,
  SB_I_NOEXEC: 2,
  /** Of d_u.d_alias in struct dentry. */
  D_ALIAS_OFFSET: 176,
  // include/uapi/asm-generic/fcntl.h, mman-common.h, errno-base.h
  O_TRUNC: 0o1000,
  O_DSYNC: 0o10000,
  O_DIRECT: process.arch === 'arm64' ? 0o200000 : 0o40000,
  MS_SYNC: 4,
  EIO: 5,
  EAGAIN: 11,
  ENOENT: 2,
  // include/linux/blk_types.h
  REQ_OP_MASK: 0xff,
  REQ_OP_READ: 0,
  REQ_OP_WRITE: 1,
  REQ_OP_FLUSH: 2,
  REQ_OP_DISCARD: 3,
  REQ_OP_SECURE_ERASE: 5,
  REQ_OP_DRV_IN: 34,
  REQ_META: 0x1000,
  REQ_FUA: 0x20000,
  REQ_PREFLUSH: 0x40000,
  REQ_IDLE: 0x8000,
  BLK_STATUS_MASK: 0xff,
  // include/linux/page-flags.h, mm_types.h: compound_head, since 7.3 compound_info
  PAGE_MAPPING_FLAGS: 3,
  PAGE_HEAD_OFFSET: 8,
  // include/uapi/linux/magic.h, major.h, kdev_t.h
  BDEVFS_MAGIC: 0x62646576,
  LOOP_MAJOR: 7,
  MINOR_BITS: 20,
  // include/uapi/linux/io_uring.h
  IORING_OP_READV: 1,
  IORING_OP_WRITEV: 2,
  IORING_OP_READ_FIXED: 4,
  IORING_OP_WRITE_FIXED: 5,
  IORING_OP_READ: 22,
  IORING_OP_WRITE: 23,
  ROOT_CGROUP_ID: 1,
};

/** Of the programs' own: how they pack several things into a number, and how far they look. */
const OWN = {
  NS_PER_US: 1e3,
  NS_PER_MS: 1e6,
  NS_PER_S: 1e9,
  /** USER_HZ is 100 everywhere. */
  NS_PER_TICK: 1e7,
  NEVER_US: 2 ** 62,
  NEVER_NS: 1e18,
  U32_BITS: 32,
  U32_MASK: 2 ** 32 - 1,
  NO_VARIANT: 0,
  ALWAYS_EXEMPLAR: 1,
  ROW_BEYOND: BEYOND,
  ROW_OP_SHIFT: OP_SHIFT,
  ROW_VARIANT_SHIFT: VARIANT_SHIFT,
  NAME_PIECE,
  /** Enough for a pod's. */
  CGROUP_PATH_BYTES: 6 * NAME_PIECE,
  /** The longest file name takes five pieces, each directory above it one or more. */
  PATH_STEPS: 40,
  EXEC_ID_MASK: 63,
  /** PID_MAX_LIMIT. */
  PID_BITS: 22,
  PID_MASK: 2 ** 22 - 1,
  TASK_KTHREAD: 2 ** 32,
  TASK_JOURNAL: 2 ** 33,
  TASK_ASKED: 2 ** 34,
  JBD2_PREFIX_BYTES: 'jbd2/'.length,
  MERGED_BIOS: 4,
  /** Keys of @block_turn. */
  WRITTEN_SET: 0,
  TURN_COUNT: 1,
  THROTTLED_NS: 1e6,
  INFLIGHT_SLOT_NS: INFLIGHT_SLOT_US * 1000,
  CONTROL_BITS: MESSAGE_BITS,
  CONTROL_MASK: 2 ** MESSAGE_BITS - 1,
  CONTROL_READY_TO_END: READY_TO_END,
  CONTROL_SHIFT_BITS: SHIFT_BITS,
  CONTROL_SHIFT_MASK: 2 ** SHIFT_BITS - 1,
  CONTROL_NONE: SHIFT_NONE,
};

const constantName = (words: string): string => words.replaceAll(/\W+/gu, '_').toUpperCase();

function variantsOf(prefix: string, variants: Readonly<Record<number, string>>): [string, number][] {
  return Object.entries(variants).map(([number, name]) => [
    `${prefix}_${constantName(name)}`,
    Number(number),
  ]);
}

/** All but those that differ from one capture to the next. */
export const FIXED_CONSTANTS: Constants = {
  ...KERNEL,
  ...OWN,
  ...Object.fromEntries(operations.map(({ name, id }) => [`OP_${constantName(name)}`, id])),
  ...Object.fromEntries([
    ...variantsOf('SYNC', fsync.operations[0].variants),
    ...variantsOf('READ', fileIo.operations[0].variants),
    ...variantsOf('WRITE', fileIo.operations[1].variants),
    ...variantsOf('COMMIT', journal.operations[0].variants),
    ...variantsOf('OWNER', OWNER_BASES),
  ]),
  ...Object.fromEntries(Object.entries(WITHOUT_FILE).map(([name, { hash }]) => [name, hash])),
};

/** Those that differ from one capture to the next. */
export const CAPTURE_CONSTANTS = [
  'TICK_MS',
  'FLUSH_US',
  'SLOW_NS',
  'EXEMPLAR_GAP_NS',
  'CPU_BITS',
  'ROWS_MAX',
  'REPORTED_MAX',
  'CONTROL_TOKEN',
  'DAEMON_START_TICKS',
  'DAEMON_TGID',
] as const;

type CaptureLimits = {
  readonly intervalMs: number;
  readonly slowNs: number;
  readonly exemplarsPerSecond: number;
  readonly cpuCount: number;
  readonly control: ControlKey;
};

const TICK_MS = 100;

/** `keysMax`: how many keys each map may have. */
export function captureConstants(
  { intervalMs, slowNs, exemplarsPerSecond, cpuCount, control }: CaptureLimits,
  keysMax: number,
): Record<(typeof CAPTURE_CONSTANTS)[number], number> {
  return {
    TICK_MS,
    // Half a tick early, so that the tick that is due is not one too early.
    FLUSH_US: (Math.max(3 * TICK_MS, intervalMs) - TICK_MS / 2) * 1000,
    SLOW_NS: slowNs,
    // None at all is one in thirty years.
    EXEMPLAR_GAP_NS: exemplarsPerSecond > 0 ? Math.round(1e9 / exemplarsPerSecond) : OWN.NEVER_NS,
    CPU_BITS: Math.ceil(Math.log2(Math.max(2, cpuCount))),
    // The rest of the keys is for rows beyond the bound.
    ROWS_MAX: Math.floor(keysMax * (3 / 4)),
    REPORTED_MAX: Math.floor(keysMax * (3 / 4)),
    CONTROL_TOKEN: control.token,
    DAEMON_START_TICKS: control.startTicks,
    DAEMON_TGID: control.pid,
  };
}
