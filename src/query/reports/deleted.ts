import type { Db } from '../../schema/open.ts';
import type { Window } from '../window.ts';

/** A deleted file that is, or was, held open or mapped. */
export type DeletedRow = {
  container: string | null;
  pod: string | null;
  namespace: string | null;
  cgroup_path: string | null;
  process: string | null;
  pid: number | null;
  path: string;
  device: string | null;
  inode: number | bigint;
  size_bytes: number;
  allocated_bytes: number;
  held_by: string;
  holder_count: number;
  first_seen_us: number;
  last_seen_us: number;
};

export const deletedColumns = [
  'container',
  'pod',
  'namespace',
  'cgroup_path',
  'process',
  'pid',
  'path',
  'device',
  'inode',
  'size_bytes',
  'allocated_bytes',
  'held_by',
  'holder_count',
  'first_seen_us',
  'last_seen_us',
] as const satisfies readonly (keyof DeletedRow)[];

export type DeletedQuery = {
  readonly window: Window;
  readonly container: string | undefined;
};

/** Every deleted file seen in the window as it was seen last, the largest first. */
export function deleted(db: Db, { window, container }: DeletedQuery): DeletedRow[] {
  const narrowed = container === undefined ? '' : ' AND container = ?';
  // With max() alone SQLite takes the other columns from its row.
  return db
    .prepare<(number | string)[], DeletedRow>(
      `SELECT ${deletedColumns.slice(0, -2).join(', ')},
         (SELECT min(sampled_us) FROM deleted AS same WHERE same.session_id = deleted.session_id
            AND same.device IS deleted.device AND same.inode = deleted.inode AND same.path = deleted.path) AS first_seen_us,
         max(sampled_us) AS last_seen_us
       FROM deleted WHERE sampled_us >= ? AND sampled_us < ?${narrowed}
       GROUP BY session_id, device, inode, path ORDER BY allocated_bytes DESC, path`,
    )
    .all(window.fromUs, window.toUs, ...(container === undefined ? [] : [container]));
}
