import { isFailure } from '../../failure.ts';
import { deviceTable } from '../../query/render/devices.ts';
import { hostLine } from '../../query/render/samples.ts';
import { deviceColumns, devices } from '../../query/reports/devices.ts';
import { nowUs } from '../../schema/units.ts';
import { printAnswer, withRecording } from '../answer.ts';
import type { Global, Outcome } from '../command.ts';
import { defineCommand } from '../command.ts';
import type { SampleTyped } from '../options/samples.ts';
import { notesUnderSamples, readSample, sampleOptions } from '../options/samples.ts';
import { outputScreen } from '../output.ts';

async function runDevices(typed: Global & SampleTyped): Promise<Outcome> {
  const read = readSample(typed, nowUs());
  if (isFailure(read)) return read;
  const { window, format } = read;
  return withRecording(typed.db, async (db) => {
    const { rows, host } = devices(db, window);
    const notes = notesUnderSamples(db, window, rows.length, ['diskstats', 'cpu', 'pressure']);
    return printAnswer(format, {
      columns: deviceColumns.map(([name]) => name),
      rows,
      notes: isFailure(notes) ? notes : [...hostLine(host), ...notes],
      table: () => deviceTable(rows, outputScreen()),
    });
  });
}

export const command = defineCommand({
  options: sampleOptions,
  examples: [['$0 devices --since 5m', 'The last five minutes']],
  epilogue:
    'Columns from r/s to %util are those of iostat -x; max is %util of the busiest interval; queue and service are mean latencies of the traced requests. Each interval: the view device_samples.',
  run: runDevices,
});
