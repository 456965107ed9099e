import type { Rule } from '../finding.ts';
import { copyUp } from './copy-up.ts';
import { fsyncStorm } from './fsync-storm.ts';
import { logWrites } from './log-writes.ts';
import { queueing } from './queueing.ts';
import { saturatedDevice } from './saturated-device.ts';
import { slowDevice } from './slow-device.ts';
import { writableLayer } from './writable-layer.ts';

/** Every rule; a new one is a file beside this and a line here. */
export const rules: readonly Rule[] = [
  saturatedDevice,
  slowDevice,
  queueing,
  fsyncStorm,
  copyUp,
  writableLayer,
  logWrites,
];
