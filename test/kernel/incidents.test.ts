import { execa } from 'execa';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../src/failure.ts';
import type { Db } from '../../src/schema/open.ts';
import { openForWriting } from '../../src/schema/open.ts';
import { diagnoseWindow, firstFinding, incidents, isRecorded, unproven } from '../incidents.ts';

const KERNELS = ['trixie'] as const;

describe.each(KERNELS)('incidents on the kernel of %s', (kernel) => {
  const out = mkdtempSync(join(tmpdir(), `iotrace-incidents-${kernel}-`));
  let db: Db;
  beforeAll(async () => {
    const names = incidents.map(({ name }) => name);
    const { failed, all } = await execa(
      'scripts/lab/run',
      [kernel, '--timeout', '1100', '--out', out, '--', 'test/kernel/incidents', ...names],
      { all: true, reject: false },
    );
    if (failed) throw new Error(`the incidents failed on ${kernel}:\n${all}`);
    const opened = openForWriting(join(out, 'iotrace.db'));
    if (isFailure(opened)) throw new Error(JSON.stringify(opened));
    db = opened;
  }, 1_300_000);

  it.each(incidents)('$name: $happens, which is the first finding', (incident) => {
    const { name, container, rule, who, device, file_class } = incident;
    const diagnosis = diagnoseWindow(db, join(out, `${name}.window`), container);
    expect(isRecorded(diagnosis)).toBe(true);
    expect(firstFinding(diagnosis, incident)).toEqual({ rule, who, device, file_class });
    expect(unproven(diagnosis)).toEqual([]);
  });
});
