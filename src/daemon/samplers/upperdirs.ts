import { opendirSync } from 'node:fs';
import type { Dir } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '../lookups/containers.ts';
import type { UpperdirRow } from './rows.ts';
import type { Sampler, Sight } from './sampler.ts';

/** Directory entries read in one tick: the cost does not depend on how many files there are. */
const ENTRIES_PER_TICK = 500;
/** A layer is counted up to here; then it has at least so many. */
const ENTRIES_MAX = 50_000;
const EVERY_MS = 10 * 60_000;

export type Count = { readonly files: number; readonly directories: number; readonly isComplete: boolean };

/** How many files each writable layer holds, counted little by little; each about every ten minutes. */
export function createUpperdirs({ containers }: Sight): Sampler {
  const countedUs = new Map<string, number>();
  let current: { container: Container; upperdir: string; count: Generator<undefined, Count> } | undefined;

  const next = (nowUs: number): typeof current => {
    const due = containers
      .all()
      .find(
        ({ upperdir }) =>
          upperdir !== null && nowUs - (countedUs.get(upperdir) ?? -Infinity) >= EVERY_MS * 1000,
      );
    if (due?.upperdir == null) return undefined;
    countedUs.set(due.upperdir, nowUs);
    return { container: due, upperdir: due.upperdir, count: countFiles(due.upperdir, ENTRIES_MAX) };
  };
  return {
    everyMs: 0,
    sample({ monotonicUs }) {
      const rows: UpperdirRow[] = [];
      for (let budget = ENTRIES_PER_TICK; budget > 0; budget -= 1) {
        current ??= next(monotonicUs);
        if (!current) break;
        const step = current.count.next();
        if (step.done !== true) continue;
        rows.push(rowOf(current.container, current.upperdir, step.value));
        current = undefined;
      }
      return { rows, problems: [] };
    },
    close() {
      current?.count.return({ files: 0, directories: 0, isComplete: false });
    },
  };
}

function rowOf(container: Container, upperdir: string, count: Count): UpperdirRow {
  return {
    kind: 'upperdir',
    container,
    upperdir,
    file_count: count.files,
    directory_count: count.directories,
    is_complete: count.isComplete ? 1 : 0,
  };
}

/**
 * Counts what is below a directory, an entry a step. Links are not followed; a directory that goes
 * meanwhile has nothing in it.
 */
export function* countFiles(root: string, most: number): Generator<undefined, Count> {
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
