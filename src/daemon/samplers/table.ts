import type { Container } from '../lookups/containers.ts';
import type { CgroupTarget } from './targets.ts';

/** Tables that samplers fill. A sampler defines its own in its file; those that several fill have one. */

export type SampledValue = string | number | bigint | null;

/** Columns that the store fills in: when a row was sampled, and the keys of what it is about. */
export type KeyColumn =
  | 'tick_id'
  | 'session_id'
  | 'boot_id'
  | 'sampled_us'
  | 'device_key'
  | 'container_key'
  | 'cgroup_key'
  | 'process_key';

export type DeviceNumbers = { readonly major: number; readonly minor: number };

/** What a row is about; what is not there has no key. */
export type Subject = {
  readonly device?: DeviceNumbers | undefined;
  readonly container?: Container | undefined;
  /** With its path alone where it is not among those that are sampled. */
  readonly cgroup?: CgroupTarget | { readonly path: string } | undefined;
  readonly process?: { readonly pid: number; readonly name: string };
};

export type SampleTable<Column extends string = string> = {
  readonly name: string;
  /** With `tick_id` rows say what happened between two ticks: they are left out at the first. */
  readonly keys: readonly KeyColumn[];
  /** Those that samplers fill. */
  readonly columns: readonly Column[];
  /** What becomes of a row that is there already. */
  readonly onConflict?: 'IGNORE' | 'REPLACE';
  /** Several samplers know a part of a row each: those of a tick about one cgroup, or about the host, become one. */
  readonly isShared?: true;
  /** Whether a row says nothing; it is written once a minute all the same. */
  readonly isIdle?: (values: Partial<Readonly<Record<Column, SampledValue>>>) => boolean;
};

/** Settings: a row for each state, with the time it held. Its key columns and `since_us` come first. */
export type StateTable<Column extends string = string> = {
  readonly name: string;
  readonly primaryKey: string;
  readonly keys: readonly KeyColumn[];
  readonly columns: readonly Column[];
};

type Values<Column extends string> = Readonly<Record<Column, SampledValue>>;

/** A row of a table, as far as its samplers know it. */
export type SampledRow = {
  readonly table: SampleTable;
  readonly subject: Subject;
  readonly values: Partial<Values<string>>;
};

export type SampledState<Column extends string = string> = {
  /** Tells it from others at the same time. */
  readonly identity: string;
  readonly subject: Subject;
  readonly values: Readonly<Record<Column, string | number | null>>;
};

/** All the states there are now: one that is not listed any more holds no longer. */
export type States = { readonly table: StateTable; readonly states: readonly SampledState[] };

/** What a sampler gives. Null: could not be read. */
export type Row = SampledRow | States;

export function defineTable<const Column extends string>(table: SampleTable<Column>) {
  return {
    row: (subject: Subject, values: Values<Column>): SampledRow => ({ table, subject, values }),
  };
}

/** A table whose rows several samplers fill together. */
export function defineSharedTable<const Column extends string>(table: Omit<SampleTable<Column>, 'isShared'>) {
  const shared: SampleTable<Column> = { ...table, isShared: true };
  return {
    part: (subject: Subject, values: Partial<Values<Column>>): SampledRow => ({
      table: shared,
      subject,
      values,
    }),
  };
}

export function defineStateTable<const Column extends string>(table: StateTable<Column>) {
  return {
    all: (states: readonly SampledState<Column>[]): States => ({ table, states }),
  };
}
