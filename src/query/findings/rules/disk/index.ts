import { deviceErrors } from './device-errors.ts';
import { ioLimit } from './io-limit.ts';
import { neighbour } from './neighbour.ts';
import { queueing } from './queueing.ts';
import { saturatedDevice } from './saturated-device.ts';
import { slowDevice } from './slow-device.ts';

/** Rules about what a disk does, or is kept from doing. */
export const diskRules = {
  'saturated-device': saturatedDevice,
  'slow-device': slowDevice,
  queueing,
  'device-errors': deviceErrors,
  'io-limit': ioLimit,
  neighbour,
};
