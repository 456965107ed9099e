import type { Db } from '../../schema/open.ts';
import type { Coverage } from '../reports/coverage.ts';
import type { Window } from '../window.ts';
import type { Sentence } from './catalogue/catalogue.ts';
import { say } from './catalogue/catalogue.ts';
import type { Change } from './changes.ts';
import type { Evidence } from './evidence.ts';
import { prove } from './evidence.ts';
import type { FactName, Facts } from './facts.ts';
import { readFacts } from './facts.ts';
import type { Finding, Judgement, Rule, RuleId } from './finding.ts';
import { ranked } from './ranking.ts';
import type { Excluded, Ranked } from './ranking.ts';
import { rules } from './rules/index.ts';
import { isOnDisk } from './share.ts';
import type { Periods } from './sql.ts';
import { isAsked, waitingSql } from './sql.ts';
import type { Suffering } from './suffering.ts';
import { sufferingIn } from './suffering.ts';
import { over } from './thresholds.ts';

export type { Excluded, Ranked } from './ranking.ts';

export type DiagnoseQuery = {
  readonly periods: Periods;
  readonly container: string | undefined;
  /** The whole time asked about, where the window is the part of it in which something changed. */
  readonly within?: Window | undefined;
};

/** Something that left its range for a while, and what explains it best. */
export type ExplainedChange = { readonly change: Change; readonly cause: Sentence | undefined };

/** The answer: what is wrong, most likely first, with what proves it. */
export type Diagnosis = {
  readonly periods: Periods;
  readonly container: string | undefined;
  readonly hasBaseline: boolean;
  readonly coverage: Coverage;
  /** Seconds of the window that were recorded. */
  readonly window_s: number;
  /** What changed when in the time asked about, the worst first and the one diagnosed; empty: it was not looked for. */
  readonly incidents: readonly ExplainedChange[];
  readonly victim: Suffering | undefined;
  /** What got slower of the container asked about, in too few operations to say so; most first. */
  readonly tooFew: readonly Suffering[];
  /** The disk that was busiest at some moment; `undefined`: not sampled. */
  readonly busiest: { readonly device: string; readonly util_percent_max: number } | undefined;
  readonly findings: readonly Ranked[];
  readonly excluded: readonly Excluded[];
  /** Rules that could not say anything, and what they lacked. */
  readonly unknown: readonly { readonly rule: RuleId; readonly missing: readonly FactName[] }[];
  /** Where the waiting went, by whom and operation. */
  readonly waiting: Evidence;
};

/** Looks at everything recorded of the window and says what is wrong. */
export function diagnose(db: Db, query: DiagnoseQuery): Diagnosis {
  return db.transaction(() => {
    const facts = readFacts(db, query);
    const { scope, coverage, window_s } = facts;
    const { victim, tooFew } = sufferingIn(db, facts);
    const verdicts = verdictsOn(facts, db, query);
    const excluded = verdicts.flatMap(({ rule, verdict }) =>
      verdict.is === 'excluded' ? [{ rule: rule.id, sentence: verdict.sentence, sql: verdict.sql }] : [],
    );
    const found = verdicts.flatMap(({ rule, verdict }) =>
      verdict.is === 'found' && concerns(facts, victim !== undefined, verdict.finding)
        ? [{ rule, finding: verdict.finding }]
        : [],
    );
    return {
      periods: scope.periods,
      container: scope.container,
      hasBaseline: scope.hasBaseline,
      coverage,
      window_s,
      incidents: [],
      victim,
      tooFew,
      busiest: busiestOf(facts),
      findings: found
        .map((each) => ranked(db, facts, each, { found, excluded }))
        .toSorted((a, b) => b.score - a.score),
      excluded,
      unknown: verdicts.flatMap(({ rule, verdict }) =>
        verdict.is === 'unknown' ? [{ rule: rule.id, missing: verdict.missing }] : [],
      ),
      waiting: prove(db, { title: say('proof.waiting', {}), sql: waitingSql(scope) }),
    };
  })();
}

/** The busiest disk; asked about one container, of those it uses. */
function busiestOf({ scope, devices, waits, device_disks }: Facts): Diagnosis['busiest'] {
  const uses = ({ device }: { device: string }): boolean => waits.some(isOnDisk({ device_disks }, device));
  return devices
    .filter((each) => scope.container === undefined || uses(each))
    .toSorted((a, b) => b.util_percent_max - a.util_percent_max)[0];
}

type Examined = { readonly rule: Rule; readonly verdict: Judgement };

/** What each rule says of the window; what threatens more than latency is looked for in all the time asked about. */
function verdictsOn(facts: Facts, db: Db, { periods, within, container }: DiagnoseQuery): Examined[] {
  const verdicts = rules.map((rule) => ({ rule, verdict: judge(facts, rule) }));
  if (!within) return verdicts;
  const whole = readFacts(db, { periods: { ...periods, window: within }, container }, ['work', 'blame']);
  return verdicts.map(({ rule, verdict }) => {
    const isOpen = rule.isThreat === true && verdict.is !== 'found';
    return { rule, verdict: isOpen ? judge(whole, rule) : verdict };
  });
}

function judge(facts: Facts, { needs, examine }: Rule): Judgement {
  const missing = needs.filter((name) => !facts.known.has(name));
  return missing.length > 0 ? { is: 'unknown', missing } : examine(facts);
}

/**
 * Asked about one container: others' doings count as far as they explain what it waits for longer, and what threatens
 * more than latency where it is its own, or at a disk it uses.
 */
function concerns(
  facts: Facts,
  suffers: boolean,
  finding: Pick<Finding, 'share' | 'who' | 'device'>,
): boolean {
  const { scope, work, waits } = facts;
  if (scope.container === undefined) return true;
  const { share, who, device } = finding;
  if (share !== null) return suffers && over('worth_naming_share', share);
  if (who !== null) return work.some((row) => row.who === who && isAsked(scope, row));
  if (device === null) return suffers;
  const onDisk = isOnDisk(facts, device);
  return waits.some((row) => row.device === device || onDisk(row));
}
