import type { CoverageLine, RecordOptions, Summary } from '../daemon/contract.ts';
import type { Failure } from '../failure.ts';
import { isFailure } from '../failure.ts';
import { readyLines } from '../query/render/recording.ts';
import { formatElapsed, nowUs } from '../schema/units.ts';
import type { Outcome } from './command.ts';
import { untilSignal } from './output.ts';
import { createProgress } from './progress.ts';

export type Settings = Omit<RecordOptions, 'onAttached' | 'onReady' | 'signal'>;

/** A recording that is over, and the time in which operations counted, µs since 1970. */
export type RunSummary = { readonly summary: Summary; readonly fromUs: number; readonly toUs: number };

export type RecordingRun = {
  /** Resolves when everything recorded is stored. */
  record(): Promise<RunSummary | Failure>;
  /** The same, with `show` on the terminal from the moment the probes are proven; whichever ends ends the other. */
  recordAndShow(show: (signal: AbortSignal) => Promise<Outcome>): Promise<RunSummary | Failure>;
};

/** A recording in this process, with its phases on the terminal. */
export function createRecorder(settings: Settings): RecordingRun {
  const { databasePath, forMs } = settings;
  const progress = createProgress();
  let attachedUs: number | undefined;
  let endedUs: number | undefined;
  /** When the time asked for is over, on the clock of `performance.now()`. */
  let endMs: number | undefined;
  const stop = untilSignal(() => {
    progress.note(['Still ending.']);
  });
  const ending = (): void => {
    endedUs ??= nowUs();
    progress.phase('Storing what was counted…');
  };
  stop.signal.addEventListener('abort', ending);

  const onAttached = (): void => {
    // A bpftrace that died is attached again.
    if (attachedUs !== undefined) return;
    attachedUs = nowUs();
    if (forMs !== undefined) {
      endMs = performance.now() + forMs;
      setTimeout(ending, forMs).unref();
    }
    progress.phase('Trying each probe…', endMs);
  };

  const start = async (
    onReady: (coverage: readonly CoverageLine[]) => void,
  ): Promise<RunSummary | Failure> => {
    progress.phase('Attaching the probes…');
    const { record } = await import('../daemon/main.ts');
    const summary = await record({ ...settings, signal: stop.signal, onAttached, onReady });
    progress.end();
    if (isFailure(summary)) return summary;
    return { summary, fromUs: attachedUs ?? nowUs(), toUs: endedUs ?? nowUs() };
  };

  return {
    record: () =>
      start((coverage) => {
        if (endedUs !== undefined) return;
        progress.note(readyLines(coverage, databasePath, howItEnds(settings)));
        progress.phase('Recording…', endMs);
      }),
    async recordAndShow(show) {
      const isReady = new AbortController();
      const isOver = new AbortController();
      const recording = start(() => {
        progress.end();
        isReady.abort();
      }).finally(() => {
        isOver.abort();
      });
      await Promise.race([whenAborted(isReady.signal), whenAborted(isOver.signal)]);
      const shown = isOver.signal.aborted ? 0 : await show(AbortSignal.any([stop.signal, isOver.signal]));
      if (!isOver.signal.aborted) stop.abort();
      const recorded = await recording;
      return isFailure(shown) && !isFailure(recorded) ? shown : recorded;
    },
  };
}

function howItEnds({ forMs }: Settings): string {
  if (forMs === undefined) return 'Ctrl-C ends it.';
  return `It ends after ${formatElapsed(forMs * 1000)}, Ctrl-C ends it earlier.`;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
