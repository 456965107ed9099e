import type { Probe } from '../probe.ts';
import { block } from './block.ts';
import { copyUp } from './copy-up.ts';
import { fsync } from './fsync.ts';
import { journal } from './journal.ts';
import { throttle } from './throttle.ts';

export const probes: readonly Probe[] = [fsync, copyUp, block, journal, throttle];

/** Every operation with the probe it belongs to. */
export const operations = probes.flatMap((probe) =>
  probe.operations.map((operation) => ({ ...operation, probe: probe.name })),
);

export const operationNames = operations.map(({ name }) => name);
