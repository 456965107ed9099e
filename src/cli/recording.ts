import type { CoverageLine, RecordOptions, Summary } from '../daemon/main.ts';
import type { Failure } from '../failure.ts';
import { isFailure } from '../failure.ts';
import { readyLines, recordedLines } from '../query/render/recording.ts';
import { databasePath } from '../schema/open.ts';
import type { WallUs } from '../schema/units.ts';
import { formatElapsed, nowUs } from '../schema/units.ts';
import type { DaemonTyped, RecordTyped } from './arguments.ts';
import { readRecording, readTop } from './arguments.ts';
import type { Outcome } from './commands.ts';
import { runTop, withRecording } from './commands.ts';
import { liveRefusal, liveTop } from './live-top.ts';
import { tell, untilSignal } from './output.ts';

type Settings = Omit<RecordOptions, 'onReady' | 'signal'>;
type Recording = { readonly summary: Summary | Failure; readonly readyUs: WallUs | undefined };

/** `iotrace daemon`: records until it is told to end. */
export async function runDaemon(typed: DaemonTyped): Promise<Outcome> {
  return runRecord(typed);
}

/** `iotrace record`: records until its time is over, Ctrl-C, or `q` on the live display. */
export async function runRecord(typed: RecordTyped): Promise<Outcome> {
  const read = readRecording(typed);
  if (isFailure(read)) return read;
  const refused = typed.live === true ? liveRefusal() : undefined;
  if (refused) return refused;
  const stop = untilSignal(() => {
    tell(['Still ending: what was counted is being stored.']);
  });
  const settings = { ...read, databasePath: databasePath(typed.db) };
  const { summary, readyUs } =
    typed.live === true ? await recordLive(settings, stop) : await recordAlone(settings, stop.signal);
  if (isFailure(summary)) return summary;
  tell(recordedLines(summary));
  if (typed.top === true) return runTop({ db: summary.databasePath, from: secondsText(readyUs ?? nowUs()) });
  tell([`Look at it: iotrace top${typed.db === undefined ? '' : ` --db ${typed.db}`}`]);
  return 0;
}

const secondsText = (us: WallUs): string => (us / 1e6).toFixed(6);

async function recordAlone(settings: Settings, signal: AbortSignal): Promise<Recording> {
  const { record } = await import('../daemon/main.ts');
  let readyUs: WallUs | undefined;
  const onReady = (coverage: readonly CoverageLine[]): void => {
    readyUs = nowUs();
    tell(readyLines(coverage, howItEnds(settings)));
  };
  return { summary: await record({ ...settings, signal, onReady }), readyUs };
}

function howItEnds({ forMs }: Settings): string {
  if (forMs === undefined) return 'Ctrl-C ends it.';
  return `It ends after ${formatElapsed(forMs * 1000)}, Ctrl-C ends it earlier.`;
}

/** The same with `top` on the terminal meanwhile; whichever ends first ends the other. */
async function recordLive(settings: Settings, stop: AbortController): Promise<Recording> {
  const { record } = await import('../daemon/main.ts');
  const ended = new AbortController();
  let readyUs: WallUs | undefined;
  const ready = new AbortController();
  const onReady = (): void => {
    readyUs = nowUs();
    ready.abort();
  };
  tell(['Attaching the probes…']);
  const recording = record({ ...settings, signal: stop.signal, onReady }).finally(() => {
    ended.abort();
  });
  await Promise.race([whenAborted(ready.signal), whenAborted(ended.signal)]);
  const shown = ended.signal.aborted
    ? 0
    : await showLive(settings.databasePath, AbortSignal.any([stop.signal, ended.signal]));
  stop.abort();
  const summary = await recording;
  return { summary: isFailure(shown) && !isFailure(summary) ? shown : summary, readyUs };
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
