import type { Attachable, Companion, Probe } from '../probe.ts';
import { block } from './block.ts';
import { cgroup } from './cgroup.ts';
import { control } from './control.ts';
import { copyUp } from './copy-up.ts';
import { fileIo } from './file-io.ts';
import { fsync } from './fsync.ts';
import { journal } from './journal.ts';
import { open } from './open.ts';
import { throttle } from './throttle.ts';
import { uring } from './uring.ts';
import { xfsLog } from './xfs-log.ts';

export const probes: readonly Probe[] = [fsync, copyUp, block, fileIo, open, journal, throttle];

export const companions: readonly Companion[] = [cgroup, uring, xfsLog, control];

/** All that is planned, attached and in the view `coverage`, in this order. */
export const attachables: readonly Attachable[] = [...probes, ...companions];

/** Every operation with the probe it belongs to. */
export const operations = probes.flatMap((probe) =>
  probe.operations.map((operation) => ({ ...operation, probe: probe.name })),
);

export const operationNames = operations.map(({ name }) => name);
