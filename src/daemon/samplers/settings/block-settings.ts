import { join } from 'node:path';
import { namesIn } from '../../lookups/bounded-read.ts';
import { isRead, readText } from '../read.ts';
import type { Sampler, Sight } from '../sampler.ts';
import { defineStateTable } from '../table.ts';

const deviceState = defineStateTable({
  name: 'device_state',
  primaryKey: 'device_state_key',
  keys: ['device_key'],
  columns: [
    'kind',
    'below',
    'model',
    'size_bytes',
    'scheduler',
    'write_cache',
    'is_rotational',
    'request_count_max',
    'wbt_latency_us',
    'read_ahead_bytes',
    'request_bytes_max',
    'has_iostats',
    'nomerges',
    'is_read_only',
  ],
});

const SECTOR_BYTES = 512;
const KIB = 1024;

/** Scheduler, write cache and queue of each disk (kernel Documentation/ABI/stable/sysfs-block), when they change. */
export function createBlockSettings({ roots, devices }: Sight): Sampler {
  return {
    everyMs: 60_000,
    sample() {
      const folder = join(roots.sys, 'block');
      const states = namesIn(folder).flatMap((name) => {
        const directory = join(folder, name);
        const [, major, minor] = /^(\d+):(\d+)/u.exec(contents(directory, 'dev') ?? '') ?? [];
        const values = describeDisk(directory, name);
        // A loop device that shows no file has no size.
        if (minor === undefined || values.size_bytes === 0) return [];
        const device = { major: Number(major), minor: Number(minor) };
        const { name: called } = devices.of(device.major, device.minor);
        return [{ identity: `${String(major)}:${minor} ${called}`, subject: { device }, values }];
      });
      return { rows: [deviceState.all(states)], problems: [] };
    },
  };
}

/** The settings of one disk, from its directory in /sys/block. */
export function describeDisk(directory: string, name: string) {
  const text = (file: string): string | null => contents(directory, file) ?? null;
  const count = (file: string, scale = 1): number | null => {
    const value = text(file);
    return value === null || value === '' || Number.isNaN(Number(value)) ? null : Number(value) * scale;
  };
  return {
    kind: kindOf(name),
    below: text('loop/backing_file') ?? (namesIn(join(directory, 'slaves')).toSorted().join(', ') || null),
    model: text('device/model'),
    size_bytes: count('size', SECTOR_BYTES),
    scheduler: chosen(text('queue/scheduler')),
    write_cache: text('queue/write_cache'),
    is_rotational: count('queue/rotational'),
    request_count_max: count('queue/nr_requests'),
    wbt_latency_us: count('queue/wbt_lat_usec'),
    read_ahead_bytes: count('queue/read_ahead_kb', KIB),
    request_bytes_max: count('queue/max_sectors_kb', KIB),
    has_iostats: count('queue/iostats'),
    nomerges: count('queue/nomerges'),
    is_read_only: count('ro'),
  };
}

/** `[none] mq-deadline bfq` → `none`. */
function chosen(schedulers: string | null): string | null {
  return schedulers === null ? null : (/\[([^\]]+)\]/u.exec(schedulers)?.[1] ?? schedulers);
}

function kindOf(name: string): string {
  if (/^(?:dm-|md|loop)/u.test(name)) return /^(?:dm|md|loop)/u.exec(name)?.[0] ?? 'disk';
  return 'disk';
}

function contents(directory: string, file: string): string | undefined {
  const text = readText(join(directory, file));
  return isRead(text) ? text.trim() : undefined;
}
