import { isFailure } from '../../failure.ts';
import { filesystemTable } from '../../query/render/filesystems.ts';
import { filesystemColumns, filesystems } from '../../query/reports/filesystems.ts';
import { nowUs } from '../../schema/units.ts';
import { printAnswer, withRecording } from '../answer.ts';
import type { Global, Outcome } from '../command.ts';
import { defineCommand } from '../command.ts';
import type { SampleTyped } from '../options/samples.ts';
import { notesUnderSamples, readSample, sampleOptions } from '../options/samples.ts';
import { outputScreen } from '../output.ts';

async function runFilesystems(typed: Global & SampleTyped): Promise<Outcome> {
  const read = readSample(typed, nowUs());
  if (isFailure(read)) return read;
  const { window, format } = read;
  return withRecording(typed.db, async (db) => {
    const rows = filesystems(db, window);
    return printAnswer(format, {
      columns: filesystemColumns,
      rows,
      notes: notesUnderSamples(db, window, rows.length, ['filesystems']),
      table: () => filesystemTable(rows, outputScreen()),
    });
  });
}

export const command = defineCommand({
  options: sampleOptions,
  examples: [['$0 filesystems --since 1d', 'What a day has changed']],
  epilogue: 'The last sample in the window; change is since the first. All samples: the view filesystems.',
  run: runFilesystems,
});
