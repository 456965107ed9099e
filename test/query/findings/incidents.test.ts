import Database from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../../src/failure.ts';
import type { Db } from '../../../src/schema/open.ts';
import { openForWriting } from '../../../src/schema/open.ts';
import {
  diagnoseWindow,
  firstFinding,
  incidents,
  investigateDay,
  isRecorded,
  unproven,
} from '../../incidents.ts';

const fixtures = new URL('../../fixtures/incidents/', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'iotrace-incidents-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Asks what test/kernel/record-incidents left of a recording, as this version of iotrace reads it. */
function asked<Answer>(
  { name }: (typeof incidents)[number],
  ask: (db: Db, windowFile: string) => Answer,
): Answer {
  const path = join(directory, `${name}.db`);
  rmSync(path, { force: true });
  const recorded = new Database(path);
  recorded.exec(gunzipSync(readFileSync(join(fixtures, `${name}.sql.gz`))).toString());
  recorded.close();
  const db = openForWriting(path);
  if (isFailure(db)) throw new Error(JSON.stringify(db));
  try {
    return ask(db, join(fixtures, `${name}.window`));
  } finally {
    db.close();
  }
}

describe.each(incidents)('$name, recorded while $happens', (incident) => {
  const { who, device, file_class, rule, container } = incident;
  const diagnosis = asked(incident, (db, file) => diagnoseWindow(db, file, container));

  it('ranks its cause first', () => {
    expect(isRecorded(diagnosis)).toBe(true);
    expect(firstFinding(diagnosis, incident)).toEqual({ rule, who, device, file_class });
  });

  it('ranks it first too when only the day is given', () => {
    const day = asked(incident, (db, file) => investigateDay(db, file, container));
    expect(firstFinding(day, incident)).toEqual({ rule, who, device, file_class });
  });

  it('says nothing to a container that is not part of it', () => {
    const web = asked(incident, (db, file) => [
      diagnoseWindow(db, file, 'web'),
      investigateDay(db, file, 'web'),
    ]);
    expect(web.map(({ findings }) => findings.map((finding) => finding.rule))).toEqual([[], []]);
  });

  it('shows rows for every finding', () => {
    expect(unproven(diagnosis)).toEqual([]);
  });
});
