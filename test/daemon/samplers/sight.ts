import { createCgroups } from '../../../src/daemon/lookups/cgroups.ts';
import { createContainers } from '../../../src/daemon/lookups/containers.ts';
import { createDevices } from '../../../src/daemon/lookups/devices.ts';
import { createMounts } from '../../../src/daemon/lookups/mounts.ts';
import type { Roots } from '../../../src/daemon/lookups/roots.ts';
import { createRound } from '../../../src/daemon/samplers/index.ts';
import type { Instant, Sight } from '../../../src/daemon/samplers/sampler.ts';
import { createTargets } from '../../../src/daemon/samplers/targets.ts';
import type { SamplerName } from '../../../src/schema/samplers.ts';
import { wallUs } from '../../../src/schema/units.ts';
import { NOON_US, Recording } from '../../query/recording.ts';
import { put } from '../lookups/trees.ts';

/** What a sampler looks through, over a tree of files. */
export function sightOf(roots: Roots): Sight {
  const { mounts, devices, containers, cgroups } = lookupsOf(roots);
  const targets = createTargets(cgroups, containers);
  targets.refresh();
  return { roots, mounts, devices, containers, targets };
}

function lookupsOf(roots: Roots) {
  const mounts = createMounts(roots);
  return {
    mounts,
    devices: createDevices(roots, mounts),
    containers: createContainers(roots, mounts),
    cgroups: createCgroups(roots),
  };
}

/** So many seconds after noon. */
export function at(seconds: number): Instant {
  const us = Math.round(seconds * 1e6);
  return { wallUs: wallUs(NOON_US + us), monotonicUs: us };
}

/** Samplers over a tree, into a database in memory. */
export function roundOver(roots: Roots, samplers: readonly SamplerName[]) {
  const recording = new Recording();
  const options = { databasePath: ':memory:', intervalMs: 5000, samplers };
  const round = createRound(recording.db, recording.sessionId, 'boot-1', roots, lookupsOf(roots), options);
  return {
    db: recording.db,
    tick: (seconds: number, wallSeconds = seconds) => {
      round.tick({ wallUs: at(wallSeconds).wallUs, monotonicUs: at(seconds).monotonicUs });
    },
    end: (seconds: number) => {
      round.end(at(seconds));
    },
    rows: (query: string) => recording.db.prepare<[], Record<string, unknown>>(query).all(),
  };
}

/** Makes a block device known to the lookups. */
export function putDisk(roots: Roots, numbers: string, name: string, type = 'disk'): void {
  put(`${roots.sys}/dev/block/${numbers}/uevent`, `DEVNAME=${name}\nDEVTYPE=${type}\n`);
}

/** A cgroup2 hierarchy with its controllers, and the files of some of its cgroups. */
export function putCgroups(
  roots: Roots,
  cgroups: Readonly<Record<string, Readonly<Record<string, string>>>>,
  controllers = 'cpu io memory pids',
): void {
  put(`${roots.cgroup}/cgroup.controllers`, `${controllers}\n`);
  put(`${roots.cgroup}/cgroup.stat`, `nr_descendants ${String(Object.keys(cgroups).length)}\n`);
  for (const [path, files] of Object.entries(cgroups)) {
    put(`${roots.cgroup}${path}/cgroup.procs`, '');
    for (const [name, text] of Object.entries(files)) put(`${roots.cgroup}${path}/${name}`, text);
  }
}
