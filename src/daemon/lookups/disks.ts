import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readWhole } from './bounded-read.ts';

/** Device on device on device; deeper than this is a loop. */
const DEEPEST_STACK = 8;

/**
 * The disks a block device's data is on, as major:minor: of a partition its disk, of a mapped device or
 * an array those it lies on, else the device itself (kernel Documentation/ABI/testing/sysfs-block).
 */
export function disksBelow(sys: string, device: string, depth = 0): string[] {
  const directory = join(sys, 'dev/block', device);
  const slaves = depth < DEEPEST_STACK ? devicesIn(join(directory, 'slaves')) : [];
  if (slaves.length > 0) return [...new Set(slaves.flatMap((slave) => disksBelow(sys, slave, depth + 1)))];
  const isPartition = readWhole(join(directory, 'partition')) !== undefined;
  const whole = isPartition ? readWhole(join(dirname(realpathSync(directory)), 'dev'))?.trim() : undefined;
  return [whole ?? device];
}

function devicesIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => readWhole(join(folder, name, 'dev'))?.trim() ?? []);
  } catch {
    return [];
  }
}
