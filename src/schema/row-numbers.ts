/**
 * Numbers of rows in the kernel's maps (find_row in bpf/common/count.bt). From `BEYOND` on they are no rows: an
 * operation, a variant and a cgroup, counted when there was no room for a row of their own. Until 2^53 a double
 * holds every number.
 */
export const BEYOND = 2 ** 52;
export const OP_SHIFT = 40;
export const VARIANT_SHIFT = 36;
