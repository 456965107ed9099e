import type { Lookups } from '../lookups/lookups.ts';
import { createClasses, isWrite } from '../naming/classes.ts';
import type { Learned } from '../naming/learned.ts';
import { createNameless } from '../naming/nameless.ts';
import { createProcessNames } from '../naming/process-names.ts';
import type { Exemplar } from '../stream/decode.ts';
import type { Interval } from '../stream/totals.ts';
import type { Dictionaries } from './dictionaries.ts';
import { createFileKeys } from './file-keys.ts';
import type { Owners } from './owners.ts';

/** Who did an operation, to which file. */
type Doer = Pick<Exemplar, 'opId' | 'cgroupId' | 'pid' | 'file'>;

export type OperationKeys = {
  /** Before the rows of each interval. */
  begin(interval: Interval): void;
  /** cgroup_key, process_key, file_key. */
  of(doer: Doer): readonly [number, number, number];
  /** After the rows of each interval. */
  nameTheUnnamed(): void;
  /** After a rolled back transaction. */
  forget(): void;
};

export function createOperationKeys(
  dictionaries: Dictionaries,
  owners: Owners,
  lookups: Lookups,
  { names, processNames: toldNames }: Pick<Learned, 'names' | 'processNames'>,
): OperationKeys {
  const classes = createClasses(lookups.mounts, lookups.classes);
  const fileKeys = createFileKeys(dictionaries, names, lookups, classes);
  const nameless = createNameless(names);
  const processNames = createProcessNames(toldNames, lookups.proc);
  return {
    begin({ totals }) {
      fileKeys.begin();
      nameless.begin(totals);
      processNames.begin();
    },
    of(doer) {
      const { cgroupId, pid, opId } = doer;
      const owner = owners.of(cgroupId);
      const process = dictionaries.process(pid, processNames.of(pid));
      return [owner.key, process, fileKeys.fileKey(nameless.fileOf(doer), owner, isWrite(opId), pid)];
    },
    nameTheUnnamed() {
      fileKeys.nameTheUnnamed();
    },
    forget() {
      fileKeys.forget();
    },
  };
}
