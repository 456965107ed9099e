import { randomInt } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/** Speaks to the running program (bpf/control.tracepoint.bt), which has no other ear: bpftrace takes no input. */
export type Control = {
  readonly key: ControlKey;
  readonly setBudgets: (budgets: Budgets) => void;
  /** No interval begins any more; the answer is a record that came behind all others. */
  readonly makeReadyToEnd: () => void;
};

/** Compiled into the program: what it takes for a message, and from whom. */
export type ControlKey = {
  readonly token: number;
  /** When this process started, in hundredths of a second since boot (proc(5), stat: starttime). */
  readonly startTicks: number;
  /** Its pid in the initial namespace; 0: not known, in a pid namespace of its own. */
  readonly pid: number;
};

/** Four bits for exemplars, four for rows: how far each budget is shifted down; 15 is none. */
type Budgets = { readonly exemplars: number; readonly rows: number };

/** A pid is 22 bits at most (PID_MAX_LIMIT): from 2^30 on there is no such process. */
const TOKENS_FROM = 2 ** 21;
const TOKENS_TO = 2 ** 22;
export const MESSAGE_BITS = 9;
export const READY_TO_END = 2 ** 8;
export const SHIFT_BITS = 4;
/** A budget shifted down so far is none at all. */
export const SHIFT_NONE = 15;

export function createControl(): Control {
  const token = randomInt(TOKENS_FROM, TOKENS_TO);
  const send = (message: number): void => {
    try {
      process.kill(pidOf(token, message), 0);
    } catch {
      // ESRCH: there is no such process, that is the point.
    }
  };
  return {
    key: { token, startTicks: readStartTicks(), pid: isInInitialPidNamespace() ? process.pid : 0 },
    setBudgets: ({ exemplars, rows }) => {
      send(rows * 2 ** SHIFT_BITS + exemplars);
    },
    makeReadyToEnd: () => {
      send(READY_TO_END);
    },
  };
}

/** The pid of no process that the program reads as token and message. */
const pidOf = (token: number, message: number): number => token * 2 ** MESSAGE_BITS + message;

/** Field 22; the second, the name, may hold spaces and parentheses. */
function readStartTicks(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

/** PROC_PID_INIT_INO, include/linux/proc_ns.h. */
const isInInitialPidNamespace = (): boolean =>
  readlinkSync('/proc/self/ns/pid') === `pid:[${String(0xef_ff_ff_fc)}]`;
