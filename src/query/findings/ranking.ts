import { say } from './catalogue/catalogue.ts';
import type { Confidence, Finding, Rule, Severity } from './finding.ts';
import { thresholds } from './thresholds.ts';

/** What a severity weighs in the ranking. */
export const severityWeights: Readonly<Record<Severity, number>> = { critical: 1, serious: 0.7, notice: 0.4 };
/** What counts as share for findings that threaten something other than latency. */
const SHARE_OF_THREAT: Readonly<Record<Severity, number>> = { critical: 1, serious: 0.4, notice: 0.1 };

/** What a rule found. */
export type Found = { readonly rule: Rule; readonly finding: Finding };

/** Confidence in a symptom where the cause was found too. */
const CONFIDENCE_IN_SYMPTOM = 0.5;

/** Its confidence: less where another finding about the same somebody or the same disk is the cause of what this one sees. */
export function yielded(
  rule: Rule,
  { who, device, confidence }: Pick<Finding, 'who' | 'device' | 'confidence'>,
  found: readonly Found[],
): Confidence {
  const cause = found.find(
    (other) =>
      rule.yieldsTo.includes(other.rule.id) &&
      ((who !== null && other.finding.who === who) || (device !== null && other.finding.device === device)),
  );
  if (!cause || (cause.finding.share ?? 1) < thresholds.worth_naming_share.value) return confidence;
  return {
    score: confidence.score * CONFIDENCE_IN_SYMPTOM,
    reasons: [...confidence.reasons, say('doubt.symptom', { cause: cause.rule.id })],
  };
}

export function scoreOf({
  severity,
  confidence,
  share,
}: Pick<Finding, 'severity' | 'confidence' | 'share'>): number {
  return severityWeights[severity] * confidence.score * (share ?? SHARE_OF_THREAT[severity]);
}
