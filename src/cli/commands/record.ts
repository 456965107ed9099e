import type { CoverageLine, RecordOptions, Summary } from '../../daemon/contract.ts';
import type { Failure } from '../../failure.ts';
import { isFailure } from '../../failure.ts';
import { readyLines, recordedLines } from '../../query/render/recording.ts';
import { databasePath } from '../../schema/open.ts';
import { formatElapsed, nowUs } from '../../schema/units.ts';
import { withRecording } from '../answer.ts';
import type { Global, Outcome } from '../command.ts';
import { defineCommand } from '../command.ts';
import { liveRefusal, liveTop } from '../live-top.ts';
import type { RecordTyped } from '../options/recording.ts';
import { readRecording, recordOptions } from '../options/recording.ts';
import { printToStderr, printToStderrWrapped, untilSignal } from '../output.ts';
import { readTop, runTop } from './top.ts';

type Settings = Omit<RecordOptions, 'onReady' | 'signal'>;

/** Records until its time is over, Ctrl-C, or `q` on the live display. */
export async function runRecord(typed: Global & RecordTyped): Promise<Outcome> {
  const read = readRecording(typed);
  if (isFailure(read)) return read;
  const refused = typed.live === true ? liveRefusal() : undefined;
  if (refused) return refused;
  const stop = untilSignal(() => {
    printToStderr(['Still ending.']);
  });
  stop.signal.addEventListener('abort', () => {
    printToStderr(['Ending: what was counted is being stored.']);
  });
  const startedUs = nowUs();
  const settings = { ...read, databasePath: databasePath(typed.db) };
  const summary = await (typed.live === true
    ? recordLive(settings, stop)
    : recordAlone(settings, stop.signal));
  if (isFailure(summary)) return summary;
  printToStderrWrapped(recordedLines(summary));
  if (typed.top === true) return runTop({ db: summary.databasePath, from: (startedUs / 1e6).toFixed(6) });
  printToStderr([`Look at it: iotrace top${typed.db === undefined ? '' : ` --db ${typed.db}`}`]);
  return 0;
}

async function recordAlone(settings: Settings, signal: AbortSignal): Promise<Summary | Failure> {
  const { record } = await import('../../daemon/main.ts');
  if (process.stderr.isTTY) printToStderr(['Attaching the probes and proving what they see…']);
  const onReady = (coverage: readonly CoverageLine[]): void => {
    printToStderrWrapped(readyLines(coverage, howItEnds(settings)));
  };
  return record({ ...settings, signal, onReady });
}

function howItEnds({ forMs }: Settings): string {
  if (forMs === undefined) return 'Ctrl-C ends it.';
  return `It ends after ${formatElapsed(forMs * 1000)}, Ctrl-C ends it earlier.`;
}

/** The same with `top` on the terminal meanwhile; whichever ends first ends the other. */
async function recordLive(settings: Settings, stop: AbortController): Promise<Summary | Failure> {
  const { record } = await import('../../daemon/main.ts');
  const ended = new AbortController();
  const ready = new AbortController();
  const onReady = (): void => {
    ready.abort();
  };
  printToStderr(['Attaching the probes and proving what they see…']);
  const recording = record({ ...settings, signal: stop.signal, onReady }).finally(() => {
    ended.abort();
  });
  await Promise.race([whenAborted(ready.signal), whenAborted(ended.signal)]);
  const shown = ended.signal.aborted
    ? 0
    : await showLive(settings.databasePath, AbortSignal.any([stop.signal, ended.signal]));
  if (!ended.signal.aborted) stop.abort();
  const summary = await recording;
  return isFailure(shown) && !isFailure(summary) ? shown : summary;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

async function showLive(path: string, signal: AbortSignal): Promise<Outcome> {
  const read = readTop({}, nowUs());
  if (isFailure(read)) return read;
  return withRecording(path, (db) => liveTop(db, read.query, signal));
}

export const command = defineCommand({
  options: recordOptions,
  examples: [
    ['sudo $0 record --for 30s --top', 'Thirty seconds, then the table'],
    ['sudo $0 record --live', 'Record and watch'],
  ],
  run: runRecord,
});
