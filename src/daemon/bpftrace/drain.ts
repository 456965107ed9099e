import type { Control } from './control.ts';

/** Ends bpftrace when it has nothing to lose. */
export type Ending = {
  /** The first time it is called. */
  begin(): void;
  /** The program answered. */
  answered(): void;
  /** bpftrace is gone. */
  over(): void;
};

/**
 * bpftrace drops what is in its buffers when a signal finds it at work, and all it would print after that
 * when it finds it waiting for its reader. So the program is asked for an answer, which comes through the
 * buffers, until bpftrace must have read them all: up to 0.17 each CPU has its own, which are read in turn.
 */
const ANSWERS = 3;
const BETWEEN_MS = 50;
/** Attached last on some versions, and behind a full buffer, the program may not have heard. */
const ASK_AGAIN_MS = 1000;
const PATIENCE_MS = 10_000;

export function createEnding(control: Control, interrupt: () => void): Ending {
  let answers = 0;
  let next: NodeJS.Timeout | undefined;
  let patience: NodeJS.Timeout | undefined;
  const ask = (): void => {
    control.makeReadyToEnd();
    next = setTimeout(ask, ASK_AGAIN_MS);
  };
  const over = (): void => {
    clearTimeout(next);
    clearTimeout(patience);
  };
  const end = (): void => {
    over();
    interrupt();
  };
  return {
    begin() {
      if (patience) return;
      patience = setTimeout(end, PATIENCE_MS);
      ask();
    },
    answered() {
      answers += 1;
      clearTimeout(next);
      if (answers < ANSWERS) next = setTimeout(ask, BETWEEN_MS);
      else end();
    },
    over,
  };
}
