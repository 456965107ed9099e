import type { Lookups } from '../lookups/lookups.ts';
import { findOpenFile } from '../lookups/processes.ts';
import { createCgroupPaths } from '../stream/cgroup-paths.ts';
import type { KernelRecord } from '../stream/decode.ts';
import { majorOf, minorOf } from './labels.ts';
import { createNames } from './names.ts';
import type { Names } from './names.ts';

/** What the kernel's records say of names; grows while they come. */
export type Learned = {
  readonly names: Names;
  /** By pid. */
  readonly processNames: ReadonlyMap<number, string>;
  learn(record: NamingRecord): void;
};

export type NamingRecord = Extract<
  KernelRecord,
  { type: 'process' | 'file' | 'name' | 'root' | 'inode' | 'cgroup' }
>;

export function createLearned({ cgroups, containers, proc }: Lookups): Learned {
  const names = createNames();
  const processNames = new Map<number, string>();
  const cgroupPaths = createCgroupPaths();
  const learnCgroup = (record: Extract<KernelRecord, { type: 'cgroup' }>): void => {
    const path = cgroupPaths.add(record);
    if (path === undefined) return;
    cgroups.learn(record.id, path);
    // Reads the container's state while it is there: a short-lived one takes it along.
    containers.ofCgroup(path);
  };
  const learnInode = ({ dev, ino, pid }: Extract<KernelRecord, { type: 'inode' }>): void => {
    const path = findOpenFile(proc, pid, majorOf(dev), minorOf(dev), ino);
    if (path !== undefined) names.learnPath(dev, ino, path);
  };
  return {
    names,
    processNames,
    learn(record) {
      switch (record.type) {
        case 'process':
          processNames.set(record.pid, record.name);
          return;
        case 'file':
        case 'name':
        case 'root':
          names.learn(record);
          return;
        case 'inode':
          learnInode(record);
          return;
        case 'cgroup':
          learnCgroup(record);
          return;
      }
    },
  };
}
