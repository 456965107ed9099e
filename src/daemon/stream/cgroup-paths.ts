import { NAME_PIECE } from '../bpftrace/constants.ts';
import type { KernelRecord } from './decode.ts';
import { toText } from './envelope.ts';

const SLASH = 0x2f;

/** Joins the pieces in which a cgroup's path crosses; returns the path with its last piece. */
export function createCgroupPaths(): {
  add(record: Extract<KernelRecord, { type: 'cgroup' }>): string | undefined;
} {
  const begun = new Map<number, Buffer>();
  return {
    add({ id, offset, piece }) {
      const before = offset === 0 ? Buffer.alloc(0) : begun.get(id);
      if (before?.length !== offset || (offset === 0 && piece[0] !== SLASH)) return undefined;
      const path = Buffer.concat([before, piece.subarray(0, NAME_PIECE)]);
      if (piece.length >= NAME_PIECE) {
        begun.set(id, path);
        return undefined;
      }
      begun.delete(id);
      return toText(path);
    },
  };
}
