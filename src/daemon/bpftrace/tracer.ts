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
  /** Its first complaint, in one line. */
  readonly error: string | undefined;
  readonly stderr: string;
};

/** Compiling and attaching take seconds; under emulation minutes. */
const READY_PATIENCE_MS = 300_000;

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
  const unready = setTimeout(child.stop, READY_PATIENCE_MS);
  const ended = child.ended.then(({ clean, how, stderr }): TracerEnd => {
    clearTimeout(unready);
    ending.over();
    return { clean, how, error: firstError(stderr), stderr };
  });
  return {
    pid: child.pid,
    control,
    ready() {
      isReady = true;
      clearTimeout(unready);
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
