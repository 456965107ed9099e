import { writeFileSync } from 'node:fs';
import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import { languages } from '../../query/findings/catalogue/catalogue.ts';
import { reportPage } from '../../query/render/html/page.ts';
import { incident } from '../../query/reports/incident/incident.ts';
import { formatBytes, nowUs } from '../../schema/units.ts';
import { withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand, flag, text } from '../command.ts';
import { noValue } from '../options/values.ts';
import { windowOptions } from '../options/window.ts';
import { print, printToStderr } from '../output.ts';
import { readDiagnose } from './diagnose.ts';

const options = {
  output: { ...text('Write the page to this file', 'stdout, unless that is a terminal'), letter: 'o' },
  container: text('How the container of this name suffers, and what it did'),
  ...windowOptions,
  compare: flag('Show the baseline beside the window in every figure'),
  baseline: text('Compare with this long before the window', 'as long as the window'),
  'baseline-from': text('Compare with the time from here on, written like --from'),
  'baseline-to': text('… to here', 'the start of the window'),
  lang: text(`One of ${languages.join(', ')}`, 'en'),
} as const;

type ReportTyped = Typed<typeof options>;

async function runReport(typed: Global & ReportTyped): Promise<Outcome> {
  const { output, compare = false, ...asked } = typed;
  const read = readDiagnose(asked, nowUs());
  if (isFailure(read)) return read;
  if (output === '') return noValue('--output', 'a file', 'incident.html');
  if (output === undefined && process.stdout.isTTY) return nowhere();
  return withRecording(typed.db, async (db) => {
    const page = reportPage(incident(db, { ...read.query, isCompared: compare }), read.language);
    if (output !== undefined) return write(output, page);
    await print([page]);
    return 0;
  });
}

function nowhere(): Failure {
  return failure('bad-argument', {
    seen: 'A report is a page, and a terminal can’t show it',
    expected: 'Name a file, as in --output incident.html.',
  });
}

function write(path: string, page: string): Outcome {
  try {
    writeFileSync(path, page);
  } catch (error) {
    const seen = `--output can't be written: ${error instanceof Error ? error.message : String(error)}`;
    return failure('bad-argument', { seen, expected: 'Name a file in a folder you may write to.' });
  }
  printToStderr([
    `${path}: ${formatBytes(Buffer.byteLength(page))}, complete in itself: open it in any browser.`,
  ]);
  return 0;
}

export const command = defineCommand({
  options,
  examples: [
    ['$0 report --since 1h -o incident.html', 'The last hour, compared with the hour before'],
    ['$0 report --from 12:00 --to 12:20 --compare -o rollout.html', 'Before and after, side by side'],
    ['$0 report --since 1h --lang zh -o incident.html', 'In Chinese'],
  ],
  epilogue: 'One file that fetches nothing and can be mailed: docs/report.md.',
  run: runReport,
});
