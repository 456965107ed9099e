import type { Failure } from '../../failure.ts';
import type { Filters } from '../../query/window.ts';
import { operationNames } from '../../schema/probes/index.ts';
import type { WallUs } from '../../schema/units.ts';
import type { Typed } from '../command.ts';
import { flag, text } from '../command.ts';
import { firstFailure, listOf, noValue, succeeded } from './values.ts';
import { readWindow, windowOptions } from './window.ts';

export const filterOptions = {
  op: {
    ...text(`Only these, separated by commas: ${operationNames.join(', ')}`, 'all but block_stacked_*'),
    values: operationNames,
    isList: true,
  },
  container: text('Only the container of this name'),
  class: text('Only files of these classes, separated by commas: docs/classes.md'),
  ...windowOptions,
  stacked: flag('Also I/O at devices that pass it on to disks: device mapper, md, loop'),
} as const;

export function readFilters(typed: Typed<typeof filterOptions>, nowUs: WallUs): Filters | Failure {
  const parts = {
    window: readWindow(typed, nowUs),
    ops: readOps(typed),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  if (typed.container === '') return noValue('--container', 'its name');
  if (typed.class === '') return noValue('--class', 'a class', 'etcd_wal');
  const classes = typed.class?.split(',').map((name) => name.trim()) ?? [];
  return { ...parts, container: typed.container, classes };
}

function readOps({ op, stacked }: Typed<typeof filterOptions>): readonly string[] | Failure {
  if (op !== undefined) return listOf('--op', op, operationNames);
  return stacked === true ? operationNames : [];
}
