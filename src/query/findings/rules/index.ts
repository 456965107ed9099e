import type { Rule } from '../finding.ts';
import { atime } from './atime.ts';
import { copyUp } from './copy-up.ts';
import { deletedFiles } from './deleted-files.ts';
import { deviceErrors } from './device-errors.ts';
import { dirtyThrottling } from './dirty-throttling.ts';
import { fsyncStorm } from './fsync-storm.ts';
import { imagePull } from './image-pull.ts';
import { inodes } from './inodes.ts';
import { ioLimit } from './io-limit.ts';
import { journal } from './journal.ts';
import { layerReads } from './layer-reads.ts';
import { logReads } from './log-reads.ts';
import { logWrites } from './log-writes.ts';
import { neighbour } from './neighbour.ts';
import { queueing } from './queueing.ts';
import { saturatedDevice } from './saturated-device.ts';
import { slowDevice } from './slow-device.ts';
import { smallFiles } from './small-files.ts';
import { space } from './space.ts';
import { swap } from './swap.ts';
import { writableLayer } from './writable-layer.ts';

/** Every rule; a new one is a file beside this and a line here. */
export const rules: readonly Rule[] = [
  saturatedDevice,
  slowDevice,
  queueing,
  fsyncStorm,
  copyUp,
  imagePull,
  writableLayer,
  smallFiles,
  logWrites,
  logReads,
  layerReads,
  atime,
  dirtyThrottling,
  journal,
  neighbour,
  ioLimit,
  inodes,
  space,
  deletedFiles,
  deviceErrors,
  swap,
];
