import Database from 'better-sqlite3';
import { mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '../failure.ts';
import { failure } from '../failure.ts';

/** A copy up to this size is made in memory. */
const MEMORY_BYTES_MAX = 256 * 2 ** 20;

/**
 * A copy of a recording that an older iotrace made, as this one reads it: the recording stays as it is. A large one is
 * copied to a file of the directory for temporary files that has no name any more once it is open.
 */
export function openOlder(
  recording: Database.Database,
  path: string,
  migrate: (copy: Database.Database) => void,
  memoryBytesMax = MEMORY_BYTES_MAX,
): Database.Database | Failure {
  const size = statSync(path).size;
  if (size > memoryBytesMax) return copyInFile(recording, path, size, migrate);
  const copy = copyInMemory(recording);
  migrate(copy);
  copy.pragma('query_only = ON');
  return copy;
}

function copyInMemory(recording: Database.Database): Database.Database {
  const file = recording.serialize();
  // "File format write version" and "read version": 1 is a rollback journal, 2 is WAL, which memory has not.
  file[18] = 1;
  file[19] = 1;
  return new Database(file);
}

function copyInFile(
  recording: Database.Database,
  path: string,
  size: number,
  migrate: (copy: Database.Database) => void,
): Database.Database | Failure {
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize < 1.1 * size) return failure('no-room-to-migrate', { path, size, directory: tmpdir() });
  const folder = mkdtempSync(join(tmpdir(), 'iotrace-'));
  try {
    const file = join(folder, 'copy.db');
    recording.prepare('VACUUM INTO ?').run(file);
    const copy = new Database(file);
    // Nothing lies beside the file, and it has its last change, when it loses its name below.
    copy.pragma('journal_mode = OFF');
    copy.pragma('locking_mode = EXCLUSIVE');
    migrate(copy);
    copy.pragma('query_only = ON');
    return copy;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
