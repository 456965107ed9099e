import type { Db } from '../../schema/open.ts';
import { addressed } from './addressed.ts';
import type { Sentence } from './catalogue/catalogue.ts';
import { say } from './catalogue/catalogue.ts';
import { withLosses } from './confidence.ts';
import type { Evidence } from './evidence.ts';
import { prove } from './evidence.ts';
import type { Facts } from './facts.ts';
import type { Confidence, Finding, Rule, RuleId, Severity } from './finding.ts';
import { thresholds } from './thresholds.ts';

/** What a severity weighs in the ranking. */
export const severityWeights: Readonly<Record<Severity, number>> = { critical: 1, serious: 0.7, notice: 0.4 };
/** What counts as share for findings that threaten something other than latency. */
const SHARE_OF_THREAT: Readonly<Record<Severity, number>> = { critical: 1, serious: 0.4, notice: 0.1 };

/** What a rule found. */
export type Found = { readonly rule: Rule; readonly finding: Finding };

export type Ranked = Omit<Finding, 'proofs'> & {
  readonly rule: RuleId;
  /** severity × confidence × share of the added latency, 0 to 1. */
  readonly score: number;
  readonly evidence: readonly Evidence[];
  /** Other explanations that were looked at and are not it. */
  readonly alsoChecked: readonly Excluded[];
};

export type Excluded = { readonly rule: RuleId; readonly sentence: Sentence; readonly sql: string };

/** Confidence in a symptom where the cause was found too. */
const CONFIDENCE_IN_SYMPTOM = 0.5;

/** Its confidence: less where another finding about the same somebody or the same disk is the cause of what this one sees. */
function yielded(
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

function scoreOf({
  severity,
  confidence,
  share,
}: Pick<Finding, 'severity' | 'confidence' | 'share'>): number {
  return severityWeights[severity] * confidence.score * (share ?? SHARE_OF_THREAT[severity]);
}

/** A finding with what proves it, and how sure and how heavy it is beside the others. */
export function ranked(
  db: Db,
  facts: Facts,
  { rule, finding: { proofs, ...finding } }: Found,
  beside: { readonly found: readonly Found[]; readonly excluded: readonly Excluded[] },
): Ranked {
  const confidence = withLosses(facts, rule.needs, yielded(rule, finding, beside.found));
  return {
    ...finding,
    mitigations: addressed(finding, facts),
    confidence,
    rule: rule.id,
    score: scoreOf({ ...finding, confidence }),
    evidence: proofs.map((proof) => prove(db, proof)),
    alsoChecked: beside.excluded.filter((each) => rule.rivals.includes(each.rule)),
  };
}
