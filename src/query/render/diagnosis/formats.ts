import type { Diagnosis } from '../../findings/diagnose.ts';
import { documentCsv } from '../csv.ts';
import { diagnosisJson } from './json.ts';
import { diagnosisMarkdown } from './markdown.ts';
import { diagnosisBrief, diagnosisText } from './text.ts';
import type { DiagnosisOptions } from './text.ts';

export const diagnosisFormats = ['text', 'markdown', 'json', 'csv'] as const;
export type DiagnosisFormat = (typeof diagnosisFormats)[number];

type Options = DiagnosisOptions & { readonly format: DiagnosisFormat; readonly isBrief: boolean };

/** A diagnosis in one of its formats. */
export function renderDiagnosis(
  diagnosis: Diagnosis,
  { format, language, screen, hasSql, isBrief }: Options,
): Iterable<string> {
  switch (format) {
    case 'json':
      return [diagnosisJson(diagnosis, language)];
    case 'csv':
      return documentCsv(JSON.parse(diagnosisJson(diagnosis, language)));
    case 'markdown':
      return [diagnosisMarkdown(diagnosis, { language, hasSql, isBrief })];
    case 'text': {
      const options = { language, screen, hasSql };
      return [isBrief ? diagnosisBrief(diagnosis, options) : diagnosisText(diagnosis, options)];
    }
  }
}
