import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';

/** A setting as it is now: the values of its columns, by what tells it from others. */
export type State = {
  readonly identity: string;
  readonly values: Readonly<Record<string, string | number | null>>;
};

/** Writes settings when they change: a row says what held from when until when. */
export type States = {
  /** @param now all there are; one that is not among them holds no longer. Throws SqliteError. */
  write(now: readonly State[], at: WallUs): void;
  /** After a rolled back transaction: as it was before. */
  rollBack(): void;
  commit(): void;
};

type Held = { readonly key: number; readonly content: string };

/**
 * @param key the table's primary key
 * @param columns those of `State.values`, in any order
 */
export function createStates(
  db: Db,
  sessionId: number,
  table: string,
  key: string,
  columns: readonly string[],
): States {
  const insert = db
    .prepare<[Record<string, string | number | null>], number>(
      `INSERT INTO ${table} (session_id, since_us, ${columns.join(', ')})
       VALUES (@session_id, @since_us, ${columns.map((column) => `@${column}`).join(', ')}) RETURNING ${key}`,
    )
    .pluck();
  const end = db.prepare(`UPDATE ${table} SET until_us = ? WHERE ${key} = ?`);
  let held = new Map<string, Held>();
  let written = held;
  return {
    write(now, at) {
      const next = new Map<string, Held>();
      for (const { identity, values } of now) {
        const content = JSON.stringify(values);
        const before = held.get(identity);
        if (before?.content === content) {
          next.set(identity, before);
          continue;
        }
        const inserted = insert.get({ session_id: sessionId, since_us: at, ...values });
        next.set(identity, { key: Number(inserted), content });
      }
      for (const [identity, { key: row }] of held) {
        if (next.get(identity)?.key !== row) end.run(at, row);
      }
      held = next;
    },
    rollBack() {
      held = written;
    },
    commit() {
      written = held;
    },
  };
}
