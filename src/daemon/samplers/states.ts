import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import type { KeyValue } from './keys.ts';
import type { StateTable } from './table.ts';

/** A setting as it is now: the values of its columns, by what tells it from others. */
type State = {
  readonly identity: string;
  readonly values: Readonly<Record<string, KeyValue>>;
};

/** Writes settings when they change: a row says what held from when until when. */
type StateWriter = {
  /** @param now all there are; one that is not among them holds no longer. Throws SqliteError. */
  write(now: readonly State[], at: WallUs): void;
  /** After a rolled back transaction: as it was before. */
  rollBack(): void;
  commit(): void;
};

type Held = { readonly key: number; readonly content: string };

/** A writer for each table of settings, made when it is first needed. */
export function createStateWriters(db: Db, sessionId: number) {
  const writers = new Map<StateTable, StateWriter>();
  return {
    of(table: StateTable): StateWriter {
      const writer = writers.get(table) ?? createStateWriter(db, sessionId, table);
      writers.set(table, writer);
      return writer;
    },
    rollBack(): void {
      for (const writer of writers.values()) writer.rollBack();
    },
    commit(): void {
      for (const writer of writers.values()) writer.commit();
    },
  };
}

function createStateWriter(db: Db, sessionId: number, table: StateTable): StateWriter {
  const columns = [...table.keys, ...table.columns];
  const insert = db
    .prepare<[Record<string, KeyValue>], number>(
      `INSERT INTO ${table.name} (session_id, since_us, ${columns.join(', ')})
       VALUES (@session_id, @since_us, ${columns.map((column) => `@${column}`).join(', ')})
       RETURNING ${table.primaryKey}`,
    )
    .pluck();
  const end = db.prepare(`UPDATE ${table.name} SET until_us = ? WHERE ${table.primaryKey} = ?`);
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
