import { control as controlCompanion } from '../../schema/probes/control.ts';
import { isPlanned } from '../contract.ts';
import type { PlannedProbe, RecordOptions } from '../contract.ts';
import { atLeast } from './capabilities.ts';
import type { Capabilities } from './capabilities.ts';
import { compose } from './compose.ts';
import type { Composed } from './compose.ts';
import { createControl } from './control.ts';
import type { Control, ControlKey } from './control.ts';
import { createEnding } from './drain.ts';
import { readProcess } from '../lookups/process-usage.ts';
import { createPatience } from './patience.ts';
import { firstError } from './plan.ts';
import { startBpftrace } from './process.ts';
import { isPreemptible, makeRealtime } from './realtime.ts';

/** A running bpftrace with the program of a plan. */
export type Tracer = {
  readonly pid: number;
  readonly control: Pick<Control, 'setBudgets'>;
  /** The probes are attached. */
  ready(): void;
  /** Ends it: drained first, once it is ready. */
  readonly end: () => void;
  /** It answered that all it sent before has come. */
  drained(): void;
  /** Settles when it has ended and its last line was handled. */
  readonly ended: Promise<TracerEnd>;
};

export type TracerEnd = {
  readonly clean: boolean;
  /** The signal or the exit code it ended with. */
  readonly how: string;
  /** Why it was given up, else its first complaint; in one line. */
  readonly error: string | undefined;
  readonly stderr: string;
};

const BETWEEN_LOOKS_MS = 5000;

export type ProgramOptions = Pick<
  RecordOptions,
  'intervalMs' | 'slowNs' | 'exemplarsPerSecond' | 'mapMemoryBytes'
>;

/** The program of a plan, in what this host's bpftrace understands. */
export function composeFor(
  { bpftraceVersion, possibleCpuCount }: Capabilities,
  plan: readonly PlannedProbe[],
  options: ProgramOptions,
  control: ControlKey,
): Composed {
  return compose({
    ...options,
    fragments: plan.flatMap(({ fragment }) => (fragment === null ? [] : [fragment])),
    cpuCount: possibleCpuCount,
    hasWideStats: atLeast(bpftraceVersion, [0, 18]),
    sharesNewKeys: !atLeast(bpftraceVersion, [0, 20]) || atLeast(bpftraceVersion, [0, 24]),
    control,
  });
}

/** Starts the program of a plan; `onLine` gets every line of its output in order. */
export function startTracer(
  host: Capabilities,
  plan: readonly PlannedProbe[],
  options: RecordOptions,
  onLine: (line: string) => void,
): Tracer {
  const control = createControl();
  const program = composeFor(host, plan, options, control.key);
  const hearsControl = isPlanned(plan, controlCompanion);
  const child = startBpftrace(host, program, onLine);
  const ending = createEnding(control, child.stop);
  let isReady = false;
  const look = () => ({ atMs: performance.now(), cpuMs: readProcess(child.pid).cpuUs / 1000 });
  const patience = createPatience(look());
  let gaveUp: string | undefined;
  const unready = setInterval(() => {
    gaveUp ??= patience.judge(look());
    if (gaveUp !== undefined) child.stop();
  }, BETWEEN_LOOKS_MS);
  const ended = child.ended.then(({ clean, how, stderr }): TracerEnd => {
    clearInterval(unready);
    ending.over();
    return { clean, how, error: gaveUp ?? firstError(stderr), stderr };
  });
  return {
    pid: child.pid,
    control,
    ready() {
      isReady = true;
      clearInterval(unready);
      if (options.mayBeRealtime && isPreemptible(host.kernelVersion)) void makeRealtime(child.pid);
    },
    end() {
      if (isReady && hearsControl) ending.begin();
      else child.stop();
    },
    drained() {
      ending.answered();
    },
    ended,
  };
}
