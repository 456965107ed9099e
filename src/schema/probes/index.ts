import type { Probe } from '../probe.ts';
import { block } from './block.ts';
import { copyUp } from './copy-up.ts';
import { fileIo } from './file-io.ts';
import { fsync } from './fsync.ts';
import { journal } from './journal.ts';
import { open } from './open.ts';
import { throttle } from './throttle.ts';

export const probes: readonly Probe[] = [fsync, copyUp, block, fileIo, open, journal, throttle];

/** Every operation with the probe it belongs to. */
export const operations = probes.flatMap((probe) =>
  probe.operations.map((operation) => ({ ...operation, probe: probe.name })),
);

export const operationNames = operations.map(({ name }) => name);
