import type { Sentence, SentenceKey, Value } from '../../findings/catalogue/catalogue.ts';
import { say } from '../../findings/catalogue/catalogue.ts';
import { confidenceWord } from '../../findings/confidence.ts';
import type { Diagnosis, Ranked } from '../../findings/diagnose.ts';
import type { Mitigation } from '../../findings/finding.ts';
import type { FactName } from '../../findings/facts.ts';
import type { Voice } from './words.ts';

/** A file that is less than this part of a finding is not named in the answer. */
const MOSTLY_PERCENT = 30;

/** The file and the process that are most of a finding, where one is. */
export function mostlySentences({ evidence }: Ranked): Sentence[] {
  const table = evidence.find(({ columns }) => columns.includes('file') && columns.includes('process'));
  const [row] = table?.rows ?? [];
  const at = (name: string): Value => row?.[table?.columns.indexOf(name) ?? -1] ?? null;
  const share_percent = at('share_percent');
  if (typeof share_percent !== 'number' || share_percent < MOSTLY_PERCENT) return [];
  return [say('report.mostly', { file: at('file'), process: at('process'), share_percent })];
}

/** How sure it is, in a word. */
export const sureKey = ({ confidence }: Ranked): SentenceKey =>
  `confidence.${confidenceWord(confidence.score)}`;

/** What was asked about, what it is compared with, and how much of it was recorded. */
export function whenSentences({ periods, hasBaseline, window_s, container }: Diagnosis): Sentence[] {
  const { window, baseline } = periods;
  if (window_s === 0) return [];
  const window_elapsed_us = window.toUs - window.fromUs;
  const past = { from_us: baseline.fromUs, to_us: baseline.toUs };
  const isPartial = window_s * 1e6 < 0.9 * window_elapsed_us;
  return [
    say('report.window', { from_us: window.fromUs, to_us: window.toUs, window_elapsed_us }),
    hasBaseline ? say('report.compared', past) : say('report.no-baseline', past),
    ...(isPartial ? [say('report.partly-recorded', { recorded_s: window_s })] : []),
    ...(container === undefined ? [] : [say('report.container', { container })]),
  ];
}

/** What changed when, and what explains it, an incident each. */
export const incidentSentences = ({ incidents }: Diagnosis): Sentence[][] =>
  incidents.map(({ change: { who, op, fromUs, toUs, isOver }, cause }) => [
    isOver
      ? say('incident.over', { who, op, from_us: fromUs, to_us: toUs })
      : say('incident.lasting', { who, op, from_us: fromUs }),
    ...(cause ? [cause] : []),
  ]);

/** Why a finding stands where it stands. */
export function rankSentence({ score, severity, confidence, share }: Ranked, { word }: Voice): Sentence {
  const values = {
    score_percent: score * 100,
    severity: word(`severity.${severity}`),
    confidence_percent: confidence.score * 100,
  };
  return share === null
    ? say('rank.threat', values)
    : say('rank.latency', { ...values, share_percent: share * 100 });
}

const states = ['missing', 'partial', 'unproven'] as const;

/** What the probes could not see in the window, a line per state, and what was lost. */
export function coverageLines(
  { coverage: { gaps, losses } }: Diagnosis,
  { say: speak, word, value }: Voice,
): string[] {
  const ofState = (state: (typeof states)[number]): string[] => {
    const subjects = gaps
      .filter((row) => row.state === state)
      .map(({ probe, subject }) => (probe === subject ? probe : `${probe} ${subject}`));
    return subjects.length === 0
      ? []
      : [speak(say('label.gap', { state: word(`state.${state}`), subjects: subjects.join(', ') }))];
  };
  const lost = losses.map(({ kind, lost_count }) => `${kind} ${value('lost_count', lost_count)}`).join(', ');
  return [...states.flatMap(ofState), ...(lost === '' ? [] : [speak(say('label.losses', { losses: lost }))])];
}

/** What could not be judged: the rules that lack the same facts together. */
export function unknownSentences({ unknown, window_s }: Diagnosis, { word }: Voice): Sentence[] {
  if (window_s === 0) return [];
  const byMissing = new Map<string, { missing: readonly FactName[]; rules: string[] }>();
  for (const { rule, missing } of unknown) {
    const group = byMissing.get(missing.join()) ?? { missing, rules: [] };
    group.rules.push(word(`rule.${rule}`));
    byMissing.set(missing.join(), group);
  }
  return [...byMissing.values()].map(({ missing, rules }) =>
    say('label.unknown-rule', {
      rule: rules.join(', '),
      missing: missing.map((name) => word(`fact.${name}`)).join(', '),
    }),
  );
}

/** What to do, naming whom it is done to. */
export const measureSentence = ({ id, values }: Mitigation): Sentence => ({ key: `do.${id}`, values });
