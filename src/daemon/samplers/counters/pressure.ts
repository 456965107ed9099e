import { join } from 'node:path';
import { createMemory, delta } from './delta.ts';
import { cgroupRow } from './cgroup-table.ts';
import { hostRow } from './host-table.ts';
import { unreadable } from '../problem.ts';
import { isRead, readText } from '../read.ts';
import type { Reading, Sampler, Sight } from '../sampler.ts';
import { readTargets } from '../targets.ts';
import type { CgroupTarget } from '../targets.ts';

/** Total stall times of a pressure file, µs; `full` is missing in none of io and memory. */
export type Pressure = { readonly some: number; readonly full: number };

const RESOURCES = ['io', 'memory'] as const;
type Resource = (typeof RESOURCES)[number];

/**
 * Time lost waiting for I/O and for memory (PSI, kernel Documentation/accounting/psi.rst), of the host
 * and of each cgroup. The totals are taken, not the averages: their growth is exact for any interval.
 */
export function createPressure(sight: Sight): Sampler {
  const host = RESOURCES.map((resource) => createHostPressure(sight, resource));
  const cgroups = RESOURCES.map((resource) => createCgroupPressure(sight, resource));
  return {
    everyMs: 0,
    sample() {
      const readings = [...host, ...cgroups].map((read) => read());
      return {
        rows: readings.flatMap(({ rows }) => rows),
        problems: readings.flatMap(({ problems }) => problems),
      };
    },
  };
}

/** The `total=` values of a pressure file, µs since boot or the cgroup's birth. */
export function parsePressure(text: string): Pressure | undefined {
  const [some, full] = ['some', 'full'].map((kind) =>
    new RegExp(`^${kind} .*total=(\\d+)$`, 'mu').exec(text),
  );
  if (!some) return undefined;
  return { some: Number(some[1]), full: Number(full?.[1] ?? 0) };
}

const SWITCHED_OFF = 'start the kernel with psi=1 on its command line';

function createHostPressure({ roots }: Sight, resource: Resource): () => Reading {
  const file = join(roots.proc, 'pressure', resource);
  let before: Pressure | undefined;
  return () => {
    const text = readText(file);
    const now = isRead(text) ? parsePressure(text) : undefined;
    const then = before;
    before = now;
    if (!isRead(text))
      return { rows: [], problems: [unreadable(`/proc/pressure/${resource}`, text, SWITCHED_OFF)] };
    if (!now || !then) return { rows: [], problems: [] };
    return { rows: [hostRow(named(resource, now, then))], problems: [] };
  };
}

function createCgroupPressure({ targets }: Sight, resource: Resource): () => Reading {
  const memory = createMemory<string, { readonly cgroup: CgroupTarget; readonly pressure: Pressure }>();
  return () => {
    const { found, problems } = readTargets(
      targets,
      { name: `${resource}.pressure`, controller: null },
      parsePressure,
    );
    const now = new Map(
      found.map(({ cgroup, value }) => [cgroup.path, { cgroup, pressure: value }] as const),
    );
    const rows = memory.compare(
      now,
      ({ cgroup, pressure }, before) => cgroupRow(cgroup, named(resource, pressure, before.pressure)),
      ({ cgroup }) => ({ cgroup, pressure: { some: 0, full: 0 } }),
    );
    return { rows, problems };
  };
}

function named(resource: Resource, now: Pressure, then: Pressure) {
  const [some, full] = [delta(now.some, then.some), delta(now.full, then.full)];
  return resource === 'io'
    ? { io_some_us: some, io_full_us: full }
    : { memory_some_us: some, memory_full_us: full };
}
