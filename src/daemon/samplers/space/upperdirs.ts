import { existsSync, opendirSync } from 'node:fs';
import type { Dir } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '../../lookups/containers.ts';
import type { Sampler, Sight } from '../sampler.ts';
import { defineTable } from '../table.ts';
import type { SampledRow } from '../table.ts';
import { hostRoot } from '../../lookups/roots.ts';
import { existsLocally } from '../../lookups/foreign.ts';

/** Directory entries read in one tick: the cost does not depend on how many files there are. */
const ENTRIES_PER_TICK = 500;
/** A layer is counted up to here; then it has at least so many. */
const ENTRIES_MAX = 50_000;
/** A young layer is counted again soon, later ever more rarely, down to this. */
const FIRST_PAUSE_US = 60e6;
const LONGEST_PAUSE_US = 10 * 60e6;
/** So often it is looked which layers are due. */
const LOOK_EVERY_US = 30e6;

const upperdirSample = defineTable({
  name: 'upperdir_sample',
  keys: ['session_id', 'sampled_us', 'container_key'],
  columns: ['upperdir', 'file_count', 'directory_count', 'is_complete'],
});

export type Count = { readonly files: number; readonly directories: number; readonly isComplete: boolean };

type Due = { readonly container: Container; readonly upperdir: string };
type Schedule = { readonly dueUs: number; readonly pauseUs: number };

/** How many files each writable layer holds, counted little by little, ever more rarely. */
export function createUpperdirs({ containers, mounts }: Sight): Sampler {
  let schedules = new Map<string, Schedule>();
  let queue: Due[] = [];
  let current: (Due & { readonly count: Generator<undefined, Count | undefined> }) | undefined;
  let lookedUs = -Infinity;

  const findDue = (nowUs: number): void => {
    lookedUs = nowUs;
    const next = new Map<string, Schedule>();
    for (const container of containers.all()) {
      const { upperdir } = container;
      // A container that is gone stays known; its layer does not.
      if (upperdir === null || existsLocally(mounts, upperdir) !== true) continue;
      const before = schedules.get(upperdir);
      const isDue = !before || nowUs >= before.dueUs;
      const pauseUs = before ? Math.min(before.pauseUs * 2, LONGEST_PAUSE_US) : FIRST_PAUSE_US;
      next.set(upperdir, isDue ? { dueUs: nowUs + pauseUs, pauseUs } : before);
      if (isDue) queue.push({ container, upperdir });
    }
    schedules = next;
  };
  const start = (due: Due | undefined): typeof current =>
    due && { ...due, count: countFiles(hostRoot + due.upperdir, ENTRIES_MAX) };
  return {
    everyMs: 0,
    sample({ monotonicUs }) {
      const rows: SampledRow[] = [];
      if (queue.length === 0 && monotonicUs - lookedUs >= LOOK_EVERY_US) findDue(monotonicUs);
      for (let budget = ENTRIES_PER_TICK; budget > 0; budget -= 1) {
        current ??= start(queue.shift());
        if (!current) break;
        const step = current.count.next();
        if (step.done !== true) continue;
        if (step.value) rows.push(rowOf(current.container, current.upperdir, step.value));
        current = undefined;
      }
      return { rows, problems: [] };
    },
    close() {
      current?.count.return(undefined);
      queue = [];
    },
  };
}

function rowOf(container: Container, upperdir: string, count: Count): SampledRow {
  return upperdirSample.row(
    { container },
    {
      upperdir,
      file_count: count.files,
      directory_count: count.directories,
      is_complete: count.isComplete ? 1 : 0,
    },
  );
}

/**
 * Counts what is below a directory, an entry a step. Links are not followed; a directory that goes
 * meanwhile has nothing in it. `undefined`: there is no such directory.
 */
export function* countFiles(root: string, most: number): Generator<undefined, Count | undefined> {
  if (!existsSync(root)) return undefined;
  const waiting = [root];
  let [files, directories] = [0, 0];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const directory = open(path);
    try {
      for (let entry = directory?.readSync() ?? null; entry; entry = directory?.readSync() ?? null) {
        if (files + directories >= most) return { files, directories, isComplete: false };
        if (entry.isDirectory()) {
          directories += 1;
          waiting.push(join(path, entry.name));
        } else files += 1;
        yield;
      }
    } finally {
      directory?.closeSync();
    }
  }
  return { files, directories, isComplete: true };
}

function open(path: string): Dir | undefined {
  try {
    return opendirSync(path);
  } catch {
    return undefined;
  }
}
