import { labelDevice } from '../naming/labels.ts';
import type { Lookups } from '../lookups/lookups.ts';
import { nowUs } from '../../schema/units.ts';
import type { Dictionaries } from './dictionaries.ts';
import type { ContextRows } from './exemplar-context-rows.ts';
import type { Viewer } from './file-keys.ts';

/** A cgroup as rows refer to it, with the container it belongs to. */
export type CgroupOwner = Viewer & { readonly key: number; readonly deviceKeys: Map<number, number> };

export type Owners = {
  /** Before each interval: a cgroup's path and container may be known by now. */
  begin(): void;
  of(cgroupId: number): CgroupOwner;
  /** A device as the owner sees it. */
  deviceKey(dev: number, owner: CgroupOwner): number;
};

export function createOwners(
  dictionaries: Dictionaries,
  { cgroups, containers, devices, mounts }: Lookups,
  contextRows: ContextRows,
): Owners {
  let owners = new Map<number, CgroupOwner>();
  const find = (cgroupId: number): CgroupOwner => {
    const path = cgroups.pathOf(cgroupId);
    const container = path === undefined ? undefined : containers.ofCgroup(path);
    const containerKey = container ? dictionaries.container(container, nowUs()) : null;
    const key = dictionaries.cgroup(cgroupId, path, containerKey);
    return { key, container, containerKey, deviceKeys: new Map<number, number>() };
  };
  return {
    begin() {
      owners = new Map();
    },
    of(cgroupId) {
      const owner = owners.get(cgroupId) ?? find(cgroupId);
      owners.set(cgroupId, owner);
      return owner;
    },
    deviceKey(dev, { container, deviceKeys }) {
      const known = deviceKeys.get(dev);
      if (known !== undefined) return known;
      const label = labelDevice(dev, container, devices, mounts);
      if (label.major > 0) contextRows.disks(label, devices);
      const key = dictionaries.device(label);
      deviceKeys.set(dev, key);
      return key;
    },
  };
}
