import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import type { Language } from '../../query/findings/catalogue/catalogue.ts';
import { languages } from '../../query/findings/catalogue/catalogue.ts';
import type { DiagnoseQuery } from '../../query/findings/diagnose.ts';
import { diagnose } from '../../query/findings/diagnose.ts';
import { investigate } from '../../query/findings/investigate.ts';
import { diagnosisFormats, renderDiagnosis } from '../../query/render/diagnosis/formats.ts';
import type { DiagnosisFormat } from '../../query/render/diagnosis/formats.ts';
import type { Window } from '../../query/window.ts';
import type { WallUs } from '../../schema/units.ts';
import { nowUs, wallUs } from '../../schema/units.ts';
import { unknownContainer, unrecorded, withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { choice, defineCommand, flag, text } from '../command.ts';
import { conflict, firstFailure, noValue, oneOf, readDuration, succeeded } from '../options/values.ts';
import { readInstant, readWindow, windowOptions } from '../options/window.ts';
import { outputScreen, print } from '../output.ts';

const options = {
  container: text('How the container of this name suffers'),
  ...windowOptions,
  baseline: text('Compare with this long before the window', 'found: when something changed, and before'),
  'baseline-from': text('Compare with the time from here on, written like --from'),
  'baseline-to': text('… to here', 'the start of the window'),
  lang: choice(languages, 'en'),
  brief: flag('The answer alone, for a ticket'),
  sql: flag('Print the query behind every table too'),
  format: choice(diagnosisFormats, 'text'),
} as const;

type DiagnoseTyped = Typed<typeof options>;

type DiagnoseArguments = {
  readonly query: DiagnoseQuery;
  readonly format: DiagnosisFormat;
  readonly language: Language;
  readonly hasSql: boolean;
  readonly isBrief: boolean;
  /** Nobody said what to compare with: when something changed is looked for. */
  readonly isOpen: boolean;
};

export function readDiagnose(typed: DiagnoseTyped, now: WallUs): DiagnoseArguments | Failure {
  const parts = {
    window: readWindow(typed, now),
    format: oneOf('--format', typed.format ?? 'text', diagnosisFormats),
    language: oneOf('--lang', typed.lang ?? 'en', languages),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  if (typed.container === '') return noValue('--container', 'its name');
  const baseline = readBaseline(typed, parts.window, now);
  if (isFailure(baseline)) return baseline;
  const { window, format, language } = parts;
  const query = { periods: { window, baseline }, container: typed.container };
  const isOpen = [typed.baseline, typed['baseline-from'], typed['baseline-to']].every(
    (each) => each === undefined,
  );
  return { query, format, language, hasSql: typed.sql ?? false, isBrief: typed.brief ?? false, isOpen };
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
  return withRecording(typed.db, async (db) => {
    const { container, periods } = read.query;
    const nothing = unrecorded(db, periods.window) ?? unknownContainer(db, '--container', container);
    if (nothing) return nothing;
    const diagnosis = read.isOpen ? investigate(db, read.query) : diagnose(db, read.query);
    await print(renderDiagnosis(diagnosis, { ...read, screen: outputScreen() }));
    return 0;
  });
}

export const command = defineCommand({
  options,
  examples: [
    ['$0 diagnose --since 1d', 'What changed when in the last day, and why'],
    ['$0 diagnose --from 12:00 --to 12:20 --baseline 1h', 'An incident'],
    ['$0 diagnose --format markdown > rca.md', 'The report to file'],
    ['$0 diagnose --brief', 'Half a screen, for a ticket'],
    ['$0 diagnose --lang zh', 'In Chinese'],
  ],
  epilogue: 'From what was recorded, and only that. Each rule: docs/diagnose.md.',
  run: runDiagnose,
});
