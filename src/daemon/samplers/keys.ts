import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import { statOf } from '../lookups/bounded-read.ts';
import { createDictionaries } from '../store/dictionaries.ts';
import type { Sight } from './sampler.ts';
import type { KeyColumn, Subject } from './table.ts';
import type { CgroupTarget } from './targets.ts';

/** When a row is written. */
export type Moment = {
  /** `undefined`: the first tick, which nothing can be compared with. */
  readonly tickId: number | bigint | undefined;
  readonly at: WallUs;
};

export type KeyValue = number | bigint | string | null | undefined;

/** The values of key columns: subjects get a number in the dictionaries when a row is first about them. */
export function createKeys(db: Db, sessionId: number, bootId: string, sight: Sight) {
  const dictionaries = createDictionaries(db, sessionId);
  const containerKey = (container: Subject['container'], at: WallUs): number | null =>
    container ? dictionaries.container(container, at) : null;
  const cgroupKey = (cgroup: Subject['cgroup'], at: WallUs): number | null => {
    const target = cgroup && ('id' in cgroup ? cgroup : lookUp(cgroup.path, sight));
    return target ? dictionaries.cgroup(target.id, target.path, containerKey(target.container, at)) : null;
  };
  const deviceKey = (device: Subject['device']): number | null => {
    if (!device) return null;
    const { major, minor } = device;
    return dictionaries.device({ major, minor, name: sight.devices.of(major, minor).name });
  };
  const keyOf = (column: KeyColumn, subject: Subject, { tickId, at }: Moment): KeyValue => {
    switch (column) {
      case 'tick_id':
        return tickId;
      case 'session_id':
        return sessionId;
      case 'boot_id':
        return bootId;
      case 'sampled_us':
        return at;
      case 'device_key':
        return deviceKey(subject.device);
      case 'container_key':
        return containerKey(subject.container, at);
      case 'cgroup_key':
        return cgroupKey(subject.cgroup, at);
      case 'process_key':
        return subject.process ? dictionaries.process(subject.process.pid, subject.process.name) : null;
    }
  };
  return {
    of: (columns: readonly KeyColumn[], subject: Subject, moment: Moment): Record<string, KeyValue> =>
      Object.fromEntries(columns.map((column) => [column, keyOf(column, subject, moment)])),
    /** Before a transaction. */
    freshen(): void {
      dictionaries.freshen();
    },
    /** After a rolled back transaction. */
    forget(): void {
      dictionaries.forget();
    },
  };
}

/** A cgroup that is not among those that are sampled; `undefined`: it is gone. */
function lookUp(path: string, { targets, containers }: Sight): CgroupTarget | undefined {
  const directory = targets.root === undefined ? undefined : statOf(targets.root + path);
  return directory && { id: Number(directory.ino), path, container: containers.ofCgroup(path) };
}
