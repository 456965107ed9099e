import type { Sentence } from './catalogue/catalogue.ts';
import type { Facts, FactName } from './facts.ts';
import type { MitigationId } from './playbook.ts';
import type { ThresholdName } from './thresholds.ts';

/** How bad it is if nobody acts. critical: fails or stalls; serious: somebody waits; notice: worth knowing. */
export type Severity = 'critical' | 'serious' | 'notice';

/** How sure, from 0 to 1, and why. */
export type Confidence = { readonly score: number; readonly reasons: readonly Sentence[] };

/** A query that proves something: what is printed is what was run. */
export type Proof = { readonly title: Sentence; readonly sql: string };

export type Mitigation = {
  readonly id: MitigationId;
  /** What the setting's text names: a device, a path, a container. */
  readonly values: Readonly<Record<string, string>>;
};

/** One answer to "why is it slow": what a rule found. */
export type Finding = {
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** The part of the added latency it explains, 0 to 1; `null`: it threatens something other than latency. */
  readonly share: number | null;
  readonly sentence: Sentence;
  /** Container or cgroup, device, file class it is about, where there is one. */
  readonly who: string | null;
  readonly device: string | null;
  readonly file_class: string | null;
  /** The first one is the comparison with the baseline. */
  readonly proofs: readonly Proof[];
  readonly mitigations: readonly Mitigation[];
};

/** What a rule says of a window. */
export type Judgement =
  | { readonly is: 'found'; readonly finding: Finding }
  | { readonly is: 'excluded'; readonly sentence: Sentence; readonly sql: string }
  | { readonly is: 'unknown'; readonly missing: readonly FactName[] };

/** One way I/O can go wrong. What it says is in the catalogue under its id. */
export type Rule<Id extends RuleId = RuleId> = {
  readonly id: Id;
  /** What goes wrong, in a sentence, for the docs. */
  readonly about: string;
  /** Facts without which it says nothing. */
  readonly needs: readonly FactName[];
  /** Thresholds it compares with, for the docs. */
  readonly thresholds: readonly ThresholdName[];
  /** Other explanations of the same symptom, shown beside its finding as checked. */
  readonly rivals: readonly RuleId[];
  /** Rules that, when they find the same somebody or the same disk, are the cause of what this one sees. */
  readonly yieldsTo: readonly RuleId[];
  /** What threatens more than latency, of which one sample anywhere in the time asked about is enough. */
  readonly isThreat?: true;
  readonly examine: (facts: Facts) => Judgement;
};

export const ruleIds = [
  'saturated-device',
  'slow-device',
  'queueing',
  'fsync-storm',
  'copy-up',
  'image-pull',
  'writable-layer',
  'small-files',
  'log-writes',
  'log-reads',
  'layer-reads',
  'atime',
  'dirty-throttling',
  'journal',
  'neighbour',
  'io-limit',
  'inodes',
  'space',
  'deleted-files',
  'device-errors',
  'swap',
] as const;
export type RuleId = (typeof ruleIds)[number];

/** Load that somebody waits for is serious; load that nobody waits for is worth knowing. */
export const severityOfShare = (share: number): Severity => (share >= 0.3 ? 'serious' : 'notice');

/** A finding with what it is not about left out. */
export function found(
  finding: Omit<Finding, 'who' | 'device' | 'file_class'> &
    Partial<Pick<Finding, 'who' | 'device' | 'file_class'>>,
): Judgement {
  return { is: 'found', finding: { who: null, device: null, file_class: null, ...finding } };
}
