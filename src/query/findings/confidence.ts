import { lossDefinition } from '../../schema/losses.ts';
import type { Sentence } from './catalogue/catalogue.ts';
import { say } from './catalogue/catalogue.ts';
import { operations } from '../../schema/probes/index.ts';
import type { FactName, Facts } from './facts.ts';
import type { Confidence } from './finding.ts';
import { thresholds } from './thresholds.ts';

/**
 * How sure a finding is. A rule says what its evidence alone is worth (0 to 1) and why; what makes any evidence weaker
 * is the same for all.
 */
export function confidence(facts: Facts, worth: number, because: Sentence): Confidence {
  const { scope, window_s } = facts;
  const doubts: readonly (readonly [isSo: boolean, factor: number, reason: Sentence])[] = [
    [!scope.hasBaseline, 0.75, say('doubt.no-baseline', {})],
    [window_s < thresholds.recorded_s.value, 0.85, say('doubt.short', { recorded_s: window_s })],
  ];
  const held = doubts.filter(([isSo]) => isSo);
  return {
    score: held.reduce((score, [, factor]) => score * factor, worth),
    reasons: [because, ...held.map(([, , reason]) => reason)],
  };
}

/** Less where totals of the probes it rests on lack something; a loss of another probe is none of it. */
export function withLosses({ losses }: Facts, needs: readonly FactName[], sure: Confidence): Confidence {
  const concerns = ({ kind, op }: Facts['losses'][number]): boolean => {
    const probe = operations.find(({ name }) => name === op)?.probe;
    return (
      lossDefinition(kind)?.touches === 'totals' &&
      (probe === undefined || needs.some((name) => name === probe))
    );
  };
  const lost = [...new Set(losses.filter(concerns).map(({ kind }) => kind))];
  if (lost.length === 0) return sure;
  return {
    score: sure.score * 0.9,
    reasons: [...sure.reasons, say('doubt.losses', { losses: lost.join(', ') })],
  };
}

export type ConfidenceWord = 'sure' | 'likely' | 'possible';

export function confidenceWord(score: number): ConfidenceWord {
  if (score >= 0.75) return 'sure';
  return score >= 0.5 ? 'likely' : 'possible';
}
