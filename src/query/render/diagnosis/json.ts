import type { Language, Sentence } from '../../findings/catalogue/catalogue.ts';
import type { Diagnosis, Ranked } from '../../findings/diagnose.ts';
import type { Evidence } from '../../findings/evidence.ts';
import { confidenceWord } from '../../findings/confidence.ts';
import { headline } from '../../findings/headline.ts';
import { settingOf } from '../../findings/playbook.ts';
import type { Window } from '../../window.ts';
import { jsonDocument } from '../json.ts';
import type { Voice } from './words.ts';
import { measureSentence } from './parts.ts';
import { voice } from './words.ts';

/**
 * A diagnosis for programs: each sentence as text in the language asked for, and as key and values; each table with its
 * rows as they are in the database.
 */
export function diagnosisJson(diagnosis: Diagnosis, language: Language): string {
  const speaker = voice(language, (text) => text);
  const said = (sentence: Sentence) => ({ text: speaker.say(sentence), ...sentence });
  const {
    periods,
    container,
    hasBaseline,
    window_s,
    coverage,
    victim,
    incidents,
    findings,
    excluded,
    unknown,
    waiting,
  } = diagnosis;
  return jsonDocument({
    window: windowOf(periods.window),
    baseline: windowOf(periods.baseline),
    has_baseline: hasBaseline,
    recorded_s: window_s,
    container: container ?? null,
    incidents: incidents.map(({ change: { who, op, fromUs, toUs, isOver }, cause }) => ({
      ...{ from_us: fromUs, to_us: toUs, who, op, is_over: isOver },
      cause: cause ? said(cause) : null,
    })),
    headline: headline(diagnosis).map(said),
    findings: findings.map((finding) => findingOf(finding, speaker, said)),
    victim: victim
      ? {
          who: victim.victim.who,
          op: victim.victim.op,
          evidence: [victim.evidence, victim.slots].map(evidenceOf(said)),
        }
      : null,
    waiting: evidenceOf(said)(waiting),
    excluded: excluded.map(({ rule, sentence, sql }) => ({ rule, ...said(sentence), sql })),
    unknown,
    coverage: { gaps: coverage.gaps, losses: coverage.losses },
  });
}

type Say = (sentence: Sentence) => Sentence & { readonly text: string };

const windowOf = ({ fromUs, toUs }: Window) => ({ from_us: fromUs, to_us: toUs });

const evidenceOf =
  (said: Say) =>
  ({ title, sql, columns, rows }: Evidence) => ({ title: said(title).text, sql, columns, rows });

function findingOf(finding: Ranked, { word }: Voice, said: Say) {
  const { rule, severity, confidence, share, score, sentence, who, device, file_class } = finding;
  return {
    rule,
    severity,
    score,
    share_of_added_waiting: share,
    confidence: confidence.score,
    confidence_word: confidenceWord(confidence.score),
    confidence_reasons: confidence.reasons.map((reason) => said(reason).text),
    ...said(sentence),
    who,
    device,
    file_class,
    evidence: finding.evidence.map(evidenceOf(said)),
    also_checked: finding.alsoChecked.map((each) => ({
      rule: each.rule,
      ...said(each.sentence),
      sql: each.sql,
    })),
    mitigations: finding.mitigations.map(({ id, values }) => ({
      id,
      do: said(measureSentence({ id, values })).text,
      gain: word(`gain.${id}`),
      risk: word(`risk.${id}`),
      setting: settingOf(id, values),
    })),
  };
}
