import { isFailure } from '../../failure.ts';
import { recordedLines } from '../../query/render/recording.ts';
import { databasePath } from '../../schema/open.ts';
import { nowUs } from '../../schema/units.ts';
import { printDocument, withRecording } from '../answer.ts';
import type { Global, Outcome } from '../command.ts';
import { defineCommand } from '../command.ts';
import { liveRefusal, liveTop } from '../live-top.ts';
import type { RecordTyped } from '../options/recording.ts';
import { readRecording, recordOptions } from '../options/recording.ts';
import { printNotes } from '../output.ts';
import type { RunSummary } from '../recording.ts';
import { createRecorder } from '../recording.ts';
import { forPeople, readTop, runTop } from './top.ts';

/** Records until its time is over, Ctrl-C, or `q` on the live display. */
export async function runRecord(typed: Global & RecordTyped): Promise<Outcome> {
  const read = readRecording(typed);
  if (isFailure(read)) return read;
  const isLive = typed.live === true;
  const refused = isLive ? liveRefusal() : undefined;
  if (refused) return refused;
  const { format, ...settings } = read;
  const path = databasePath(typed.db);
  const recorder = createRecorder({ ...settings, databasePath: path });
  const recorded = await (isLive
    ? recorder.recordAndShow((signal) => showLive(path, signal))
    : recorder.record());
  if (isFailure(recorded)) return recorded;
  const { summary, fromUs, toUs } = recorded;
  printNotes(recordedLines({ ...summary, durationMs: (toUs - fromUs) / 1000 }));
  if (typed.top === true) {
    const [from, to] = [fromUs, toUs].map((us) => (us / 1e6).toFixed(6));
    return runTop({ db: summary.databasePath, from, to, format: format === 'text' ? 'table' : format });
  }
  if (format !== 'text') {
    await printDocument(format, recordedDocument(recorded), () => '');
    return 0;
  }
  printNotes([`Look at it: iotrace top${typed.db === undefined ? '' : ` --db ${typed.db}`}`]);
  return 0;
}

function recordedDocument({ summary, fromUs, toUs }: RunSummary) {
  const { sessionId, databasePath, endedHow, operations, losses, coverage } = summary;
  return {
    session_id: sessionId,
    database_path: databasePath,
    started_us: fromUs,
    ended_us: toUs,
    ended_how: endedHow,
    operations,
    losses,
    coverage,
  };
}

async function showLive(path: string, signal: AbortSignal): Promise<Outcome> {
  const read = readTop({ live: true }, nowUs());
  if (isFailure(read)) return read;
  return withRecording(path, (db) => liveTop(db, forPeople(db, read), signal));
}

export const command = defineCommand({
  options: recordOptions,
  examples: [
    ['sudo $0 record --for 30s --top', 'Thirty seconds, then the table'],
    ['sudo $0 record --live', 'Record and watch'],
  ],
  run: runRecord,
});
