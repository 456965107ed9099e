import Database from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../../src/failure.ts';
import { openForWriting } from '../../../src/schema/open.ts';
import { diagnoseWindow, firstFinding, incidents, isRecorded, unproven } from '../../incidents.ts';

const fixtures = new URL('../../fixtures/incidents/', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'iotrace-incidents-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Diagnoses what test/kernel/record-incidents left of a recording, as this version of iotrace reads it. */
function diagnosed({ name, container }: (typeof incidents)[number]) {
  const path = join(directory, `${name}.db`);
  const recorded = new Database(path);
  recorded.exec(gunzipSync(readFileSync(join(fixtures, `${name}.sql.gz`))).toString());
  recorded.close();
  const db = openForWriting(path);
  if (isFailure(db)) throw new Error(JSON.stringify(db));
  try {
    return diagnoseWindow(db, join(fixtures, `${name}.window`), container);
  } finally {
    db.close();
  }
}

describe.each(incidents)('$name, recorded while $happens', (incident) => {
  const diagnosis = diagnosed(incident);

  it('ranks its cause first', () => {
    const { who, device, file_class, rule } = incident;
    expect(isRecorded(diagnosis)).toBe(true);
    expect(firstFinding(diagnosis, incident)).toEqual({ rule, who, device, file_class });
  });

  it('shows rows for every finding', () => {
    expect(unproven(diagnosis)).toEqual([]);
  });
});
