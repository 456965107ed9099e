import { createWriteQueue } from '../store/write-queue.ts';
import type { Problem } from './problem.ts';
import type { SampleStore, Tick } from './store.ts';

/** Ticks that are not written yet: what can't be is kept for the next time. */
export function createBacklog(store: SampleStore) {
  let droppedCount = 0;
  const queue = createWriteQueue(
    (tick: Tick) => {
      store.write(tick);
    },
    ([, ...later]) => {
      droppedCount += 1;
      return later;
    },
    // Whatever it is, a tick is small enough to be kept until there are too many.
    () => true,
  );
  return {
    add(tick: Tick): void {
      queue.add(tick);
    },
    /** Writes what it can; returns why not all, or that some was given up. */
    write(): Problem[] {
      const error = queue.flush();
      if (error) return [unwritten(error.message, queue.length, droppedCount)];
      return droppedCount === 0 ? [] : [givenUp(droppedCount)];
    },
  };
}

function unwritten(seen: string, waitingCount: number, droppedCount: number): Problem {
  const reason = `${String(waitingCount)} ticks wait to be written, ${String(droppedCount)} were given up: ${seen}`;
  return { subject: 'database', state: 'partial', reason, fix: null };
}

function givenUp(count: number): Problem {
  const reason = `${String(count)} ticks could not be written and were given up`;
  return { subject: 'database', state: 'partial', reason, fix: null };
}
