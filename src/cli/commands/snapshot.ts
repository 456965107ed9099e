import type { Failure } from '../../failure.ts';
import { isFailure } from '../../failure.ts';
import { formatBytes, formatInstant, nowUs, wallUs } from '../../schema/units.ts';
import { createAnonymiser } from '../../snapshot/anonymise.ts';
import { snapshot } from '../../snapshot/snapshot.ts';
import { withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand, flag, text } from '../command.ts';
import { noValue } from '../options/values.ts';
import { readWindow, windowOptions } from '../options/window.ts';
import { printToStderr } from '../output.ts';

const options = {
  output: { ...text('Write the database to this file, which must not be there yet'), letter: 'o' },
  ...windowOptions,
  'no-baseline': flag('Leave out the time before the window, as long again, that diagnose compares with'),
  anonymise: flag(
    'Replace names of containers, files, processes and hosts, the same by the same; drop log lines',
  ),
} as const;

type SnapshotTyped = Typed<typeof options>;

async function runSnapshot(typed: Global & SnapshotTyped): Promise<Outcome> {
  const window = readWindow(typed, nowUs());
  if (isFailure(window)) return window;
  const { output, anonymise = false } = typed;
  if (output === undefined || output === '') return noOutput();
  const { fromUs, toUs } = window;
  const query = {
    fromUs: typed['no-baseline'] === true ? fromUs : wallUs(2 * fromUs - toUs),
    toUs,
    anonymise: anonymise ? createAnonymiser() : undefined,
  };
  return withRecording(typed.db, (db) => {
    const made = snapshot(db, output, query);
    if (isFailure(made)) return Promise.resolve(made);
    const { bytes, interval_count } = made;
    printToStderr([
      `${output}: ${formatBytes(bytes)}, ${String(interval_count)} intervals. Ask it: iotrace diagnose --db ${output} --from ${formatInstant(fromUs)} --to ${formatInstant(toUs)}`,
    ]);
    return Promise.resolve(0);
  });
}

const noOutput = (): Failure => noValue('--output', 'a file', 'incident.iotrace');

export const command = defineCommand({
  options,
  examples: [
    ['$0 snapshot --since 1h -o incident.iotrace', 'The last hour, and the hour before to compare with'],
    ['$0 snapshot --since 1h --anonymise -o incident.iotrace', 'Without the names'],
  ],
  epilogue: 'One SQLite file that every command opens: docs/snapshot.md.',
  run: runSnapshot,
});
