import { join } from 'node:path';
import { namesIn } from '../../lookups/bounded-read.ts';
import { createMemory, delta } from './delta.ts';
import { cgroupRow, ioColumns } from './cgroup-table.ts';
import type { IoValues } from './cgroup-table.ts';
import type { Sampler, Sight } from '../sampler.ts';
import { defineTable } from '../table.ts';
import { readTargets } from '../targets.ts';
import type { CgroupFile, CgroupTarget } from '../targets.ts';

/** A line of io.stat: counters of one cgroup on one device since the cgroup's birth. */
export type IoStat = { readonly major: number; readonly minor: number; readonly values: IoValues };

type Counted = { readonly cgroup: CgroupTarget; readonly stat: IoStat };

const KEYS: Readonly<Record<(typeof ioColumns)[number], string>> = {
  read_count: 'rios',
  read_bytes: 'rbytes',
  write_count: 'wios',
  write_bytes: 'wbytes',
  discard_count: 'dios',
  discard_bytes: 'dbytes',
};

const cgroupDeviceSample = defineTable({
  name: 'cgroup_device_sample',
  keys: ['tick_id', 'cgroup_key', 'device_key'],
  columns: ioColumns,
});

const IO_STAT: CgroupFile = { name: 'io.stat', controller: 'io' };

/** What each container read from and wrote to block devices (io.stat), writeback included. */
export function createCgroupIo({ roots, targets }: Sight): Sampler {
  const memory = createMemory<string, Counted>();
  const isStacked = stackedDevices(roots.sys);
  return {
    everyMs: 0,
    sample() {
      const { found, problems } = readTargets(targets, IO_STAT, parseIoStat);
      const now = new Map<string, Counted>();
      for (const { cgroup, value } of found) {
        for (const stat of value) {
          now.set(`${cgroup.path} ${String(stat.major)}:${String(stat.minor)}`, { cgroup, stat });
        }
      }
      const moved = memory.compare(now, between, atBirth);
      const isFirst = moved.length === 0 && now.size > 0;
      const sums = new Map<CgroupTarget, IoValues>(isFirst ? [] : found.map(({ cgroup }) => [cgroup, zero]));
      for (const { cgroup, stat } of moved) {
        if (!isStacked(stat)) sums.set(cgroup, added(sums.get(cgroup) ?? zero, stat.values));
      }
      const rows = [...sums].map(([cgroup, values]) => cgroupRow(cgroup, values));
      for (const { cgroup, stat } of moved) {
        if (ioColumns.some((column) => stat.values[column] > 0)) {
          rows.push(cgroupDeviceSample.row({ cgroup, device: stat }, stat.values));
        }
      }
      return { rows, problems };
    },
  };
}

/** `254:0 rbytes=… wbytes=… rios=… wios=… dbytes=… dios=…`; a device that did nothing has no values. */
export function parseIoStat(text: string): IoStat[] {
  return text.split('\n').flatMap((line) => {
    const [, major, minor, rest] = /^(\d+):(\d+) (.+)$/u.exec(line) ?? [];
    if (rest === undefined) return [];
    const value = (column: (typeof ioColumns)[number]): number =>
      Number(new RegExp(`\\b${KEYS[column]}=(\\d+)`, 'u').exec(rest)?.[1] ?? 0);
    return [{ major: Number(major), minor: Number(minor), values: valuesOf(value) }];
  });
}

const zero: IoValues = valuesOf(() => 0);

function valuesOf(value: (column: (typeof ioColumns)[number]) => number): IoValues {
  return {
    read_count: value('read_count'),
    read_bytes: value('read_bytes'),
    write_count: value('write_count'),
    write_bytes: value('write_bytes'),
    discard_count: value('discard_count'),
    discard_bytes: value('discard_bytes'),
  };
}

function atBirth(counted: Counted): Counted {
  return { ...counted, stat: { ...counted.stat, values: zero } };
}

function between({ cgroup, stat }: Counted, before: Counted): Counted {
  const values = valuesOf((column) => delta(stat.values[column], before.stat.values[column]));
  return { cgroup, stat: { ...stat, values } };
}

function added(sum: IoValues, more: IoValues): IoValues {
  return valuesOf((column) => sum[column] + more[column]);
}

/** Whether a device is made of others (dm, md), which count the same bytes again. */
function stackedDevices(sys: string): (device: { major: number; minor: number }) => boolean {
  const known = new Map<string, boolean>();
  return ({ major, minor }) => {
    const numbers = `${String(major)}:${String(minor)}`;
    const cached = known.get(numbers);
    if (cached !== undefined) return cached;
    const isStacked = namesIn(join(sys, 'dev/block', numbers, 'slaves')).length > 0;
    known.set(numbers, isStacked);
    return isStacked;
  };
}
