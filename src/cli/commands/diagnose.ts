import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import type { Language } from '../../query/findings/catalogue/catalogue.ts';
import { languages } from '../../query/findings/catalogue/catalogue.ts';
import type { Diagnosis, DiagnoseQuery } from '../../query/findings/diagnose.ts';
import { diagnose } from '../../query/findings/diagnose.ts';
import { documentCsv } from '../../query/render/csv.ts';
import { diagnosisJson } from '../../query/render/diagnosis/json.ts';
import { diagnosisMarkdown } from '../../query/render/diagnosis/markdown.ts';
import { diagnosisText } from '../../query/render/diagnosis/text.ts';
import type { Window } from '../../query/window.ts';
import type { WallUs } from '../../schema/units.ts';
import { nowUs, wallUs } from '../../schema/units.ts';
import { unrecorded, withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { choice, defineCommand, flag, text } from '../command.ts';
import { conflict, firstFailure, noValue, oneOf, readDuration, succeeded } from '../options/values.ts';
import { readInstant, readWindow, windowOptions } from '../options/window.ts';
import { outputScreen, print } from '../output.ts';

const formats = ['text', 'markdown', 'json', 'csv'] as const;

const options = {
  container: text('How the container of this name suffers'),
  ...windowOptions,
  baseline: text('Compare with this long before the window', 'as long as the window'),
  'baseline-from': text('Compare with the time from here on, written like --from'),
  'baseline-to': text('… to here', 'the start of the window'),
  lang: choice(languages, 'en'),
  sql: flag('Print the query behind every table too'),
  format: choice(formats, 'text'),
} as const;

type DiagnoseTyped = Typed<typeof options>;

type DiagnoseArguments = {
  readonly query: DiagnoseQuery;
  readonly format: (typeof formats)[number];
  readonly language: Language;
  readonly hasSql: boolean;
};

export function readDiagnose(typed: DiagnoseTyped, now: WallUs): DiagnoseArguments | Failure {
  const parts = {
    window: readWindow(typed, now),
    format: oneOf('--format', typed.format ?? 'text', formats),
    language: oneOf('--lang', typed.lang ?? 'en', languages),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  if (typed.container === '') return noValue('--container', 'its name');
  const baseline = readBaseline(typed, parts.window, now);
  if (isFailure(baseline)) return baseline;
  const { window, format, language } = parts;
  const query = { periods: { window, baseline }, container: typed.container };
  return { query, format, language, hasSql: typed.sql ?? false };
}

function readBaseline(typed: DiagnoseTyped, window: Window, now: WallUs): Window | Failure {
  const from = typed['baseline-from'];
  if (typed.baseline !== undefined && from !== undefined) {
    return conflict('--baseline', '--baseline-from', 'both say where the baseline starts');
  }
  const parts = {
    lengthNs:
      typed.baseline === undefined ? undefined : readDuration('--baseline', typed.baseline, '1s', '3650d'),
    from: from === undefined ? undefined : readInstant('--baseline-from', from, now),
    to:
      typed['baseline-to'] === undefined
        ? undefined
        : readInstant('--baseline-to', typed['baseline-to'], now),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const toUs = parts.to ?? window.fromUs;
  const lengthUs = parts.lengthNs === undefined ? window.toUs - window.fromUs : parts.lengthNs / 1000;
  const fromUs = parts.from ?? wallUs(toUs - lengthUs);
  if (fromUs < toUs && toUs <= window.fromUs) return { fromUs, toUs };
  return failure('bad-argument', {
    seen: 'The baseline does not end before the window starts',
    expected: 'Give a --baseline-from and a --baseline-to that lie before --from.',
  });
}

async function runDiagnose(typed: Global & DiagnoseTyped): Promise<Outcome> {
  const read = readDiagnose(typed, nowUs());
  if (isFailure(read)) return read;
  const { query } = read;
  return withRecording(typed.db, async (db) => {
    const nothing = unrecorded(db, query.periods.window);
    if (nothing) return nothing;
    const diagnosis = diagnose(db, query);
    await print(shown(diagnosis, read));
    return 0;
  });
}

function shown(diagnosis: Diagnosis, { format, language, hasSql }: DiagnoseArguments): Iterable<string> {
  switch (format) {
    case 'text':
      return [diagnosisText(diagnosis, { language, screen: outputScreen(), hasSql })];
    case 'markdown':
      return [diagnosisMarkdown(diagnosis, language)];
    case 'json':
      return [diagnosisJson(diagnosis, language)];
    case 'csv':
      return documentCsv(JSON.parse(diagnosisJson(diagnosis, language)));
  }
}

export const command = defineCommand({
  options,
  examples: [
    ['$0 diagnose --since 1h', 'The last hour, compared with the hour before'],
    ['$0 diagnose --from 12:00 --to 12:20 --baseline 1h', 'An incident'],
    ['$0 diagnose --format markdown > rca.md', 'The report, with its SQL'],
    ['$0 diagnose --lang zh', 'In Chinese'],
  ],
  epilogue: 'From what was recorded, and only that. Each rule: docs/diagnose.md.',
  run: runDiagnose,
});
