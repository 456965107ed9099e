/** Keeps the cost of the capture below a bound by shedding detail: exemplars first, then files; never totals. */

/** How far each budget is shifted down; 15 is none at all. */
export type Level = { readonly exemplars: number; readonly rows: number; readonly detail: string };

/** From everything to totals only. */
export const LEVELS: readonly Level[] = [
  { exemplars: 0, rows: 0, detail: 'full detail' },
  { exemplars: 3, rows: 0, detail: 'an eighth of the exemplars' },
  { exemplars: 15, rows: 0, detail: 'no exemplars' },
  { exemplars: 15, rows: 2, detail: 'no exemplars, a quarter of the file rows' },
  { exemplars: 15, rows: 5, detail: 'no exemplars, a thirty-second of the file rows' },
  { exemplars: 15, rows: 15, detail: 'totals per cgroup only' },
];

/** Share of one CPU, in percent, kernel and user. */
export type Usage = { readonly kernelPercent: number; readonly userPercent: number };

export type Step = { readonly level: number; readonly cpuPercent: number };

/** A change of the budgets, as it is recorded. */
export type GovernorStep = {
  readonly level: number;
  readonly detail: string;
  readonly cpuPercent: number;
  readonly maxCpuPercent: number;
};

/** One step an interval at most, and only after this many in a row say so. */
const FLUSHES_TO_SHED = 3;
const FLUSHES_TO_RESTORE = 12;
/** Below this part of the bound there is room for more detail. */
const ROOM = 0.6;
/** Detail costs user space; when that is a smaller part of the cost, shedding it mends nothing. */
const USER_PART_MIN = 0.1;

export function createGovernor(maxCpuPercent: number): { addInterval(usage: Usage): Step | undefined } {
  let level = 0;
  let over = 0;
  let under = 0;
  const step = (by: number, cpuPercent: number): Step => {
    level += by;
    over = 0;
    under = 0;
    return { level, cpuPercent };
  };
  return {
    addInterval({ kernelPercent, userPercent }) {
      const cpuPercent = kernelPercent + userPercent;
      const canShed = level < LEVELS.length - 1 && userPercent >= USER_PART_MIN * cpuPercent;
      over = cpuPercent > maxCpuPercent && canShed ? over + 1 : 0;
      under = cpuPercent < ROOM * maxCpuPercent && level > 0 ? under + 1 : 0;
      if (over >= FLUSHES_TO_SHED) return step(1, cpuPercent);
      if (under >= FLUSHES_TO_RESTORE) return step(-1, cpuPercent);
      return undefined;
    },
  };
}
