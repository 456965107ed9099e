/** Rows that could not be written yet, oldest first; written again with whatever comes next. */
export type WriteQueue<Item> = {
  add(item: Item): void;
  /** Writes until the queue is empty or an error stops it, which is returned. */
  flush(): Error | undefined;
  readonly length: number;
};

/** Items kept in memory while the database can't be written: ten minutes at the default interval. */
const LENGTH_MAX = 120;

/**
 * `write` writes one item or throws. `dropOldest` takes the oldest item out of a queue that is full, or of which no
 * retry could write it, and returns what is left.
 */
export function createWriteQueue<Item>(
  write: (item: Item) => void,
  dropOldest: (items: readonly Item[], error: Error) => readonly Item[],
  mayRetry: (error: Error) => boolean = isTransient,
): WriteQueue<Item> {
  let items: readonly Item[] = [];
  return {
    add(item) {
      items = [...items, item];
    },
    flush() {
      for (let [next] = items; next !== undefined; [next] = items) {
        try {
          write(next);
          items = items.slice(1);
        } catch (error) {
          const reason = error instanceof Error ? error : new Error(String(error));
          // What no retry can write must not hold up what comes after it.
          if (!mayRetry(reason) || items.length > LENGTH_MAX) items = dropOldest(items, reason);
          return reason;
        }
      }
      return undefined;
    },
    get length() {
      return items.length;
    },
  };
}

/** A full disk, a lock, an I/O error: the same rows may be written later. */
function isTransient(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return /^SQLITE_(?:FULL|BUSY|LOCKED|IOERR|READONLY|CANTOPEN|NOMEM)/u.test(code);
}
