import { randomInt } from 'node:crypto';

/** Speaks to the running program (bpf/control.tracepoint.bt), which has no other ear: bpftrace takes no input. */
export type Control = {
  /** Compiled into the program; only who knows it is heard. */
  readonly token: number;
  send(budgets: Budgets): void;
};

/** Four bits for exemplars, four for rows: how far each budget is shifted down; 15 is none. */
type Budgets = { readonly exemplars: number; readonly rows: number };

/** A pid is 22 bits at most (PID_MAX_LIMIT): from 2^30 on there is no such process. */
const TOKENS_FROM = 2 ** 22;
const TOKENS_TO = 2 ** 23;

export function createControl(): Control {
  const token = randomInt(TOKENS_FROM, TOKENS_TO);
  return {
    token,
    send(budgets) {
      try {
        process.kill(pidOf(token, budgets), 0);
      } catch {
        // ESRCH: there is no such process, that is the point.
      }
    },
  };
}

/** The pid of no process that the program reads as token and budgets. */
export const pidOf = (token: number, { exemplars, rows }: Budgets): number =>
  token * 256 + rows * 16 + exemplars;
