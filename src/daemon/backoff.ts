/** How long to wait before bpftrace is started again: longer each time it does not last. */
export type Backoff = {
  /** After a capture that lasted so long. */
  next(lastedMs: number): number;
};

const FIRST_MS = 1000;
const CEILING_MS = 60_000;
/** A capture that lasted as long had no trouble starting. */
const SOUND_MS = 300_000;

export function createBackoff(): Backoff {
  let nextMs = FIRST_MS;
  return {
    next(lastedMs) {
      if (lastedMs >= SOUND_MS) nextMs = FIRST_MS;
      const waitMs = nextMs;
      nextMs = Math.min(CEILING_MS, 2 * nextMs);
      return waitMs;
    },
  };
}
