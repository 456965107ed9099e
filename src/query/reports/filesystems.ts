import type { Db } from '../../schema/open.ts';
import type { Window } from '../window.ts';

/** A file system as last sampled in the window. */
export type FilesystemRow = {
  sampled_us: number;
  mount_point: string;
  fs_type: string;
  device: string;
  holds: string;
  size_bytes: number;
  used_bytes: number;
  available_bytes: number;
  used_percent: number | null;
  /** Since the first sample in the window. */
  used_bytes_change: number;
  inode_count: number | null;
  inode_used_count: number | null;
  inode_free_count: number | null;
  inode_used_percent: number | null;
  inode_used_count_change: number | null;
};

export const filesystemColumns = [
  'sampled_us',
  'mount_point',
  'fs_type',
  'device',
  'holds',
  'size_bytes',
  'used_bytes',
  'available_bytes',
  'used_percent',
  'used_bytes_change',
  'inode_count',
  'inode_used_count',
  'inode_free_count',
  'inode_used_percent',
  'inode_used_count_change',
] as const satisfies readonly (keyof FilesystemRow)[];

/** Every file system that holds container data, the fullest (of space or inodes) first. */
export function filesystems(db: Db, { fromUs, toUs }: Window): FilesystemRow[] {
  return db
    .prepare<[number, number], FilesystemRow>(
      `WITH sampled AS (
         SELECT *, row_number() OVER latest AS age,
           used_bytes - last_value(used_bytes) OVER whole AS used_bytes_change,
           inode_used_count - last_value(inode_used_count) OVER whole AS inode_used_count_change
         FROM filesystems WHERE sampled_us >= ? AND sampled_us < ?
         WINDOW latest AS (PARTITION BY device, mount_point ORDER BY sampled_us DESC),
           whole AS (latest ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
       SELECT ${filesystemColumns.join(', ')} FROM sampled WHERE age = 1
       ORDER BY max(ifnull(used_percent, 0), ifnull(inode_used_percent, 0)) DESC, mount_point`,
    )
    .all(fromUs, toUs);
}
