import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../src/failure.ts';
import type { Db } from '../../src/schema/open.ts';
import { openForWriting } from '../../src/schema/open.ts';
import { boot } from '../guest.ts';
import { diagnoseWindow, firstFinding, incidents, isRecorded, unproven } from '../incidents.ts';

const KERNELS = ['trixie'] as const;

describe.each(KERNELS)('incidents on the kernel of %s', (kernel) => {
  let out: string;
  let db: Db;
  beforeAll(async () => {
    out = await boot(kernel, ['incidents', ...incidents.map(({ name }) => name)], 1100);
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
