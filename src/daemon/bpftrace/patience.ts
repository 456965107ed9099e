/** Whether a start still makes progress. Compiling and attaching take seconds, under emulation many minutes. */
export type Patience = {
  /** Looks again; a sentence that says what was waited for once there is no sense in waiting. */
  judge(now: Look): string | undefined;
};

/** CPU time a process used so far, and when that was read, both in ms. */
export type Look = { readonly atMs: number; readonly cpuMs: number };

/** Compiling takes CPU time, and so does attaching; waiting for the kernel to unload or to quiesce takes none. */
const IDLE_MS = 300_000;
/** Less CPU time than this share of the time is none. */
const PROGRESS_SHARE = 0.01;
const LONGEST_MS = 3_600_000;

export function createPatience(start: Look): Patience {
  let progress = start;
  return {
    judge(now) {
      const idleMs = now.atMs - progress.atMs;
      if (now.cpuMs - progress.cpuMs > PROGRESS_SHARE * Math.max(idleMs, 1000)) progress = now;
      const waited = `it had not attached its probes after ${seconds(now.atMs - start.atMs)}, of which it computed for ${seconds(now.cpuMs)}`;
      if (now.atMs - start.atMs >= LONGEST_MS) return waited;
      if (idleMs < IDLE_MS || progress === now) return undefined;
      return `${waited}, and did nothing for the last ${seconds(idleMs)}`;
    },
  };
}

const seconds = (ms: number): string => `${String(Math.round(ms / 1000))} s`;
