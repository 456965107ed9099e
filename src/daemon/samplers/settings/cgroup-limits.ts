import type { Sampler, Sight } from '../sampler.ts';
import { defineStateTable } from '../table.ts';
import type { SampledState } from '../table.ts';
import { readTargets } from '../targets.ts';
import type { CgroupFile, CgroupTarget } from '../targets.ts';

const limitColumns = [
  'read_bytes_per_s_max',
  'write_bytes_per_s_max',
  'reads_per_s_max',
  'writes_per_s_max',
  'io_weight',
  'memory_high_bytes',
  'memory_max_bytes',
] as const;
const limitState = defineStateTable({
  name: 'limit_state',
  primaryKey: 'limit_key',
  keys: ['cgroup_key', 'device_key'],
  columns: limitColumns,
});

type LimitColumn = (typeof limitColumns)[number];
type Limits = Readonly<Record<LimitColumn, number | null>>;
type OfDevice = { readonly major: number; readonly minor: number; readonly limits: Partial<Limits> };

const IO_MAX: CgroupFile = { name: 'io.max', controller: 'io' };
const IO_WEIGHT: CgroupFile = { name: 'io.weight', controller: 'io' };
const BFQ_WEIGHT: CgroupFile = { name: 'io.bfq.weight', controller: 'io' };
const MEMORY_HIGH: CgroupFile = { name: 'memory.high', controller: 'memory' };
const MEMORY_MAX: CgroupFile = { name: 'memory.max', controller: 'memory' };

const DEFAULT_WEIGHT = 100;

/** I/O and memory limits of containers, and of the cgroups above them, when they change. */
export function createCgroupLimits({ targets }: Sight): Sampler {
  return {
    everyMs: 30_000,
    sample() {
      const cgroups = [...targets.all(), ...targets.above()];
      const read = <Value>(file: CgroupFile, parse: (text: string) => Value | undefined) =>
        readTargets(targets, file, parse, cgroups);
      const max = read(IO_MAX, parseIoMax);
      // bfq has a file of its own, and without iocost there is no other.
      const weights = [read(IO_WEIGHT, parseWeight), read(BFQ_WEIGHT, parseWeight)];
      const high = read(MEMORY_HIGH, parseMemoryLimit);
      const most = read(MEMORY_MAX, parseMemoryLimit);
      const states = [
        ...max.found.flatMap(({ cgroup, value }) => value.map((device) => ofDevice(cgroup, device))),
        ...ofCgroups([
          ...weights.flatMap(({ found }) =>
            found.map(({ cgroup, value }) => ({ cgroup, limits: { io_weight: value } })),
          ),
          ...high.found.map(({ cgroup, value }) => ({ cgroup, limits: { memory_high_bytes: value } })),
          ...most.found.map(({ cgroup, value }) => ({ cgroup, limits: { memory_max_bytes: value } })),
        ]),
      ];
      const problems = [max, high, most].flatMap((each) => each.problems);
      return { rows: [limitState.all(states)], problems };
    },
  };
}

/** `254:0 rbps=max wbps=1048576 riops=max wiops=120`; only devices with a limit are listed. */
export function parseIoMax(text: string): OfDevice[] {
  return text.split('\n').flatMap((line) => {
    const [, major, minor, rest] = /^(\d+):(\d+) (.+)$/u.exec(line) ?? [];
    if (rest === undefined) return [];
    const value = (name: string): number | null => {
      const limit = new RegExp(`\\b${name}=(\\d+)`, 'u').exec(rest)?.[1];
      return limit === undefined ? null : Number(limit);
    };
    const limits = {
      read_bytes_per_s_max: value('rbps'),
      write_bytes_per_s_max: value('wbps'),
      reads_per_s_max: value('riops'),
      writes_per_s_max: value('wiops'),
    };
    return [{ major: Number(major), minor: Number(minor), limits }];
  });
}

/** The weight that is not per device, where it is not the default; a line `default 100`, or the number alone. */
export function parseWeight(text: string): number | undefined {
  const weight = Number(/^(?:default )?(\d+)$/mu.exec(text)?.[1] ?? DEFAULT_WEIGHT);
  return weight === DEFAULT_WEIGHT ? undefined : weight;
}

/** `max` is no limit. */
export function parseMemoryLimit(text: string): number | undefined {
  return /^\d+$/u.test(text.trim()) ? Number(text) : undefined;
}

const NO_LIMITS: Limits = {
  read_bytes_per_s_max: null,
  write_bytes_per_s_max: null,
  reads_per_s_max: null,
  writes_per_s_max: null,
  io_weight: null,
  memory_high_bytes: null,
  memory_max_bytes: null,
};

function ofDevice(cgroup: CgroupTarget, { major, minor, limits }: OfDevice): SampledState<LimitColumn> {
  const identity = `${cgroup.path} ${String(major)}:${String(minor)}`;
  return { identity, subject: { cgroup, device: { major, minor } }, values: { ...NO_LIMITS, ...limits } };
}

/** One state for all limits of a cgroup that name no device. */
function ofCgroups(
  found: readonly { readonly cgroup: CgroupTarget; readonly limits: Partial<Limits> }[],
): SampledState<LimitColumn>[] {
  const states = new Map<string, SampledState<LimitColumn>>();
  for (const { cgroup, limits } of found) {
    const values = { ...(states.get(cgroup.path)?.values ?? NO_LIMITS), ...limits };
    states.set(cgroup.path, { identity: cgroup.path, subject: { cgroup }, values });
  }
  return [...states.values()];
}
