import Database from 'better-sqlite3';
import { isFailure } from '../../src/failure.ts';
import type { Db } from '../../src/schema/open.ts';
import { openForWriting } from '../../src/schema/open.ts';

let template: Buffer | undefined;

/** An empty recording. In memory it is a copy of one that was migrated: migrating takes a third of a second. */
export function freshRecording(path: string): Db {
  if (path !== ':memory:') return migrated(path);
  template ??= serialized();
  return new Database(template);
}

function serialized(): Buffer {
  const db = migrated(':memory:');
  const bytes = db.serialize();
  db.close();
  return bytes;
}

function migrated(path: string): Db {
  const db = openForWriting(path);
  if (isFailure(db)) throw new Error(JSON.stringify(db));
  return db;
}
