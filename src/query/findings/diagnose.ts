import type { Db } from '../../schema/open.ts';
import type { WallUs } from '../../schema/units.ts';
import type { Coverage } from '../reports/coverage.ts';
import { slotsOf, startOf, timelineSql } from '../reports/timeline.ts';
import { isWho } from '../who.ts';
import { addressed } from './addressed.ts';
import type { Sentence, Value } from './catalogue/catalogue.ts';
import { say } from './catalogue/catalogue.ts';
import type { FactName, Facts, Percentiles, Victim } from './facts.ts';
import { readFacts } from './facts.ts';
import type { Confidence, Finding, Proof, Rule, RuleId, Severity, Judgement } from './finding.ts';
import { rules } from './rules/index.ts';
import type { Periods, DiagnosisScope } from './sql.ts';
import { compareSql, waitingSql } from './sql.ts';
import { over, thresholds } from './thresholds.ts';

export type DiagnoseQuery = { readonly periods: Periods; readonly container: string | undefined };

/** The answer: what is wrong, most likely first, with what proves it. */
export type Diagnosis = {
  readonly periods: Periods;
  readonly container: string | undefined;
  readonly hasBaseline: boolean;
  readonly coverage: Coverage;
  /** Seconds of the window that were recorded. */
  readonly window_s: number;
  readonly victim: Suffering | undefined;
  /** The disk that was busiest at some moment; `undefined`: not sampled. */
  readonly busiest: { readonly device: string; readonly util_percent_max: number } | undefined;
  readonly findings: readonly Ranked[];
  readonly excluded: readonly Excluded[];
  /** Rules that could not say anything, and what they lacked. */
  readonly unknown: readonly { readonly rule: RuleId; readonly missing: readonly FactName[] }[];
  /** Where the waiting went, by whom and operation. */
  readonly waiting: Evidence;
};

/** Who suffers most, how much, and when. */
export type Suffering = {
  readonly victim: Victim & Percentiles;
  /** When its P99 was beyond the usual; `undefined`: there is no usual to compare with. */
  readonly beyond: { readonly fromUs: WallUs; readonly toUs: WallUs } | undefined;
  readonly evidence: Evidence;
  readonly slots: Evidence;
};

export type Ranked = Omit<Finding, 'proofs'> & {
  readonly rule: RuleId;
  /** severity × confidence × share of the added latency, 0 to 1. */
  readonly score: number;
  readonly evidence: readonly Evidence[];
  /** Other explanations that were looked at and are not it. */
  readonly alsoChecked: readonly Excluded[];
};

export type Excluded = { readonly rule: RuleId; readonly sentence: Sentence; readonly sql: string };

/** A table that proves something, and the query that gives it, in full. */
export type Evidence = Proof & {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
};

/** What a severity weighs in the ranking. */
export const severityWeights: Readonly<Record<Severity, number>> = { critical: 1, serious: 0.7, notice: 0.4 };
/** What counts as share for findings that threaten something other than latency. */
const SHARE_OF_THREAT: Readonly<Record<Severity, number>> = { critical: 1, serious: 0.4, notice: 0.1 };

/** Looks at everything recorded of the window and says what is wrong. */
export function diagnose(db: Db, query: DiagnoseQuery): Diagnosis {
  return db.transaction(() => {
    const facts = readFacts(db, query);
    const verdicts = rules.map((rule) => ({ rule, verdict: judge(facts, rule) }));
    const excluded = verdicts.flatMap(({ rule, verdict }) =>
      verdict.is === 'excluded' ? [{ rule: rule.id, sentence: verdict.sentence, sql: verdict.sql }] : [],
    );
    const found = verdicts.flatMap(({ rule, verdict }) =>
      verdict.is === 'found' ? [{ rule, finding: verdict.finding }] : [],
    );
    const findings = found.map(({ rule, finding: { proofs, ...finding } }) => {
      const confidence = yielded(rule, finding, found);
      return {
        ...finding,
        mitigations: addressed(finding, facts),
        confidence,
        rule: rule.id,
        score: scoreOf({ ...finding, confidence }),
        evidence: proofs.map((proof) => prove(db, proof)),
        alsoChecked: excluded.filter((each) => rule.rivals.includes(each.rule)),
      };
    });
    const { scope, coverage, window_s } = facts;
    return {
      periods: scope.periods,
      container: scope.container,
      hasBaseline: scope.hasBaseline,
      coverage,
      window_s,
      victim: suffering(db, facts),
      busiest: facts.devices.toSorted((a, b) => b.util_percent_max - a.util_percent_max)[0],
      findings: findings.filter((each) => concerns(scope, each)).toSorted((a, b) => b.score - a.score),
      excluded,
      unknown: verdicts.flatMap(({ rule, verdict }) =>
        verdict.is === 'unknown' ? [{ rule: rule.id, missing: verdict.missing }] : [],
      ),
      waiting: prove(db, { title: say('proof.waiting', {}), sql: waitingSql(scope) }),
    };
  })();
}

function judge(facts: Facts, { needs, examine }: Rule): Judgement {
  const missing = needs.filter((name) => !facts.known.has(name));
  return missing.length > 0 ? { is: 'unknown', missing } : examine(facts);
}

/** Of what one container waits for, others' doings count as far as they explain it. */
const concerns = ({ container }: DiagnosisScope, { share }: Pick<Finding, 'share'>): boolean =>
  container === undefined || share === null || over('worth_naming_share', share);

type Found = { readonly rule: Rule; readonly finding: Finding };

/** Confidence in a symptom where the cause was found too. */
const CONFIDENCE_IN_SYMPTOM = 0.5;

/** Less where another finding about the same somebody or the same disk is the cause of what this one sees. */
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

function prove(db: Db, { title, sql }: Proof): Evidence {
  const statement = db.prepare<[], Value[]>(sql);
  const columns = statement.columns().map(({ name }) => name);
  return { title, sql, columns, rows: statement.raw().all() };
}

const SLOT_COUNT = 24;

function suffering(db: Db, facts: Facts): Suffering | undefined {
  const [victim] = facts.victims;
  if (!victim || !over('waiting_ns_per_s', victim.added_ns_per_s)) return undefined;
  const sql = compareSql(facts.scope, { ops: [victim.op], who: victim });
  const compared = db.prepare<[], Percentiles>(sql).get();
  if (!compared) return undefined;
  const whole = { ...victim, ...compared };
  const { evidence, beyond } = slotsOfVictim(db, facts.scope, whole);
  const title = say('proof.compare', { op: victim.op, who: victim.who });
  const columns = Object.keys(compared);
  const rows = [Object.values(compared)];
  return { victim: whole, beyond, evidence: { title, sql, columns, rows }, slots: evidence };
}

function slotsOfVictim(db: Db, { periods, hasBaseline }: DiagnosisScope, victim: Victim & Percentiles) {
  const { window, baseline } = periods;
  const all =
    hasBaseline && baseline.toUs === window.fromUs ? { fromUs: baseline.fromUs, toUs: window.toUs } : window;
  const slots = slotsOf(db, all, SLOT_COUNT);
  const sql = `SELECT ${String(slots.fromUs)} + slot * ${String(slots.widthUs)} AS from_us, value AS latency_ns_p99 FROM (
${timelineSql({ by: 'op', metric: 'p99', ops: [victim.op], cgroups: isWho(victim) }, slots)})`;
  const evidence = prove(db, { title: say('proof.slots', { op: victim.op, who: victim.who }), sql });
  const usual = victim.before_latency_ns_p99;
  const late = evidence.rows.flatMap(([from, p99]) =>
    usual !== null &&
    Number(p99) >= usual * thresholds.grown_times.value &&
    Number(from) + slots.widthUs > window.fromUs
      ? [(Number(from) - slots.fromUs) / slots.widthUs]
      : [],
  );
  const [first] = late;
  const last = late.at(-1);
  const beyond =
    first === undefined || last === undefined
      ? undefined
      : { fromUs: startOf(slots, first), toUs: startOf(slots, last + 1) };
  return { evidence, beyond };
}
