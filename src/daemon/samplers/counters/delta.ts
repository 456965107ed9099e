/** Counters of the kernel's: what they grew by between two looks. */

const WRAP_32 = 2 ** 32;

/** Delta of a counter that the kernel keeps in 32 bits and lets wrap: times of /proc/diskstats, ms. */
export function delta32(now: number, before: number): number {
  return (now - before + WRAP_32) % WRAP_32;
}

/** Delta of a 64-bit counter; one that is smaller than before began anew: its value is the delta. */
export function delta(now: number, before: number): number {
  return now < before ? now : now - before;
}

/** The same for counters that may be missing, as null. */
export function deltaOrNull(now: number | undefined, before: number | undefined): number | null {
  return now === undefined || before === undefined ? null : delta(now, before);
}

const ROUNDS_KEPT = 12;

/**
 * What was last seen of each of many, so that what they grew by can be told. One that is not there for
 * some rounds (a file that could not be read) goes on from where it was; after twelve it is forgotten.
 */
export function createMemory<Key, Value>() {
  const before = new Map<Key, { readonly value: Value; readonly round: number }>();
  let round = 0;
  return {
    /**
     * The differences of all that are there now; none at the first look.
     *
     * @param born what one that was not there at the looks before had at its birth
     */
    compare<Out>(
      now: ReadonlyMap<Key, Value>,
      difference: (value: Value, before: Value) => Out,
      born: (value: Value) => Value,
    ): Out[] {
      const isFirst = round === 0;
      round += 1;
      const differences = isFirst
        ? []
        : [...now].map(([key, value]) => difference(value, before.get(key)?.value ?? born(value)));
      for (const [key, value] of now) before.set(key, { value, round });
      for (const [key, seen] of before) if (round - seen.round > ROUNDS_KEPT) before.delete(key);
      return differences;
    },
    /** The next look is the first again. */
    forget(): void {
      before.clear();
      round = 0;
    },
  };
}
