import { join } from 'node:path';
import { createMemory, delta, delta32, deltaOrNull } from './delta.ts';
import { unreadable } from '../problem.ts';
import { isRead, readText } from '../read.ts';
import type { Sampler, Sight } from '../sampler.ts';
import { defineTable } from '../table.ts';
import type { DeviceNumbers, SampledRow } from '../table.ts';

/** A line of /proc/diskstats: counters since the device was made, times in ms. */
export type DiskCounters = DeviceNumbers & {
  readonly name: string;
  /** In the order of the file; 11 before kernel 4.18, 15 before 5.5, else 17. */
  readonly fields: readonly number[];
};

const deviceSample = defineTable({
  name: 'device_sample',
  keys: ['tick_id', 'device_key'],
  columns: [
    'read_count',
    'read_merged_count',
    'read_bytes',
    'read_ms',
    'write_count',
    'write_merged_count',
    'write_bytes',
    'write_ms',
    'in_flight_count',
    'busy_ms',
    'queue_ms',
    'discard_count',
    'discard_merged_count',
    'discard_bytes',
    'discard_ms',
    'flush_count',
    'flush_ms',
  ],
});

const SECTOR_BYTES = 512;

/** What `iostat -x` shows, per whole disk: partitions would count the same requests again. */
export function createDiskstats({ roots, devices }: Sight): Sampler {
  const file = join(roots.proc, 'diskstats');
  const memory = createMemory<string, DiskCounters>();
  return {
    everyMs: 0,
    sample() {
      const text = readText(file);
      if (!isRead(text)) {
        memory.forget();
        return { rows: [], problems: [unreadable('/proc/diskstats', text)] };
      }
      const disks = parseDiskstats(text).filter(
        (disk) => hasServed(disk) && devices.of(disk.major, disk.minor).kind !== 'partition',
      );
      const now = new Map(disks.map((disk) => [`${String(disk.major)}:${String(disk.minor)}`, disk]));
      return { rows: memory.compare(now, difference, atBirth), problems: [] };
    },
  };
}

/** The lines of /proc/diskstats (kernel Documentation/admin-guide/iostats.rst). */
export function parseDiskstats(text: string): DiskCounters[] {
  return text.split('\n').flatMap((line) => {
    const [major, minor, name, ...fields] = line.trim().split(/\s+/u);
    if (name === undefined || fields.length < 11) return [];
    return [{ major: Number(major), minor: Number(minor), name, fields: fields.map(Number) }];
  });
}

/** A disk that never had a request (most loop devices) is not there. */
function hasServed({ fields }: DiskCounters): boolean {
  return fields.some((value) => value !== 0);
}

function atBirth(disk: DiskCounters): DiskCounters {
  return { ...disk, fields: disk.fields.map(() => 0) };
}

/**
 * What a disk did between two looks. Counts that became smaller mean that the device was made anew
 * under the same numbers; times are 32 bits wide in the kernel and wrap after 49 days of waiting.
 */
export function difference(now: DiskCounters, then: DiskCounters): SampledRow {
  const isAnew = [0, 2, 4, 6].some((at) => (now.fields[at] ?? 0) < (then.fields[at] ?? 0));
  const before = isAnew || now.name !== then.name ? atBirth(now) : then;
  const counted = (at: number): number => delta(now.fields[at] ?? 0, before.fields[at] ?? 0);
  const timed = (at: number): number => delta32(now.fields[at] ?? 0, before.fields[at] ?? 0);
  const later = (at: number): number | null => deltaOrNull(now.fields[at], before.fields[at]);
  const laterMs = (at: number): number | null => (now.fields[at] === undefined ? null : timed(at));
  const sectors = later(13);
  return deviceSample.row(
    { device: now },
    {
      read_count: counted(0),
      read_merged_count: counted(1),
      read_bytes: counted(2) * SECTOR_BYTES,
      read_ms: timed(3),
      write_count: counted(4),
      write_merged_count: counted(5),
      write_bytes: counted(6) * SECTOR_BYTES,
      write_ms: timed(7),
      in_flight_count: now.fields[8] ?? 0,
      busy_ms: timed(9),
      queue_ms: timed(10),
      discard_count: later(11),
      discard_merged_count: later(12),
      discard_bytes: sectors === null ? null : sectors * SECTOR_BYTES,
      discard_ms: laterMs(14),
      flush_count: later(15),
      flush_ms: laterMs(16),
    },
  );
}
