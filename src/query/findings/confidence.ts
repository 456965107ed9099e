import { lossDefinition } from '../../schema/losses.ts';
import type { Sentence } from './catalogue/catalogue.ts';
import { say } from './catalogue/catalogue.ts';
import type { Facts } from './facts.ts';
import type { Confidence } from './finding.ts';
import { thresholds } from './thresholds.ts';

/**
 * How sure a finding is. A rule says what its evidence alone is worth (0 to 1) and why; what makes any evidence weaker
 * is the same for all.
 */
export function confidence(facts: Facts, worth: number, because: Sentence): Confidence {
  const { scope, window_s, coverage } = facts;
  const lost = coverage.losses.filter(({ kind }) => lossDefinition(kind)?.touches === 'totals');
  const doubts: readonly (readonly [isSo: boolean, factor: number, reason: Sentence])[] = [
    [!scope.hasBaseline, 0.75, say('doubt.no-baseline', {})],
    [window_s < thresholds.recorded_s.value, 0.85, say('doubt.short', { recorded_s: window_s })],
    [lost.length > 0, 0.9, say('doubt.losses', { losses: lost.map(({ kind }) => kind).join(', ') })],
  ];
  const held = doubts.filter(([isSo]) => isSo);
  return {
    score: held.reduce((score, [, factor]) => score * factor, worth),
    reasons: [because, ...held.map(([, , reason]) => reason)],
  };
}

export type ConfidenceWord = 'sure' | 'likely' | 'possible';

export function confidenceWord(score: number): ConfidenceWord {
  if (score >= 0.75) return 'sure';
  return score >= 0.5 ? 'likely' : 'possible';
}
