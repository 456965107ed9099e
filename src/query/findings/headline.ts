import type { Sentence } from './catalogue/catalogue.ts';
import { say } from './catalogue/catalogue.ts';
import type { Diagnosis, Ranked } from './diagnose.ts';
import type { Suffering } from './suffering.ts';
import { over } from './thresholds.ts';

/** The answer in a few sentences: what got worse, and what the disks did meanwhile. The cause is the first finding. */
export function headline(diagnosis: Diagnosis): Sentence[] {
  const { periods, window_s, findings, victim, busiest } = diagnosis;
  if (window_s === 0) {
    return [say('report.nothing-recorded', { from_us: periods.window.fromUs, to_us: periods.window.toUs })];
  }
  const suffers = victim ? [suffering(victim)] : [];
  const disk = busiest ? [say('headline.disk', busiest)] : [];
  if (victim && !findings.some(explains)) return [...suffers, say('headline.unexplained', {}), ...disk];
  if (findings.length > 0) return [...suffers, ...diagnosis.tooFew.map(tooFewSentence), ...disk];
  const { unknown, excluded, tooFew } = diagnosis;
  if (tooFew.length > 0) return tooFew.map(tooFewSentence);
  const rule_count = unknown.length + excluded.length;
  return unknown.length === 0
    ? [say('headline.healthy', {})]
    : [say('headline.healthy-partly', { unknown_count: unknown.length, rule_count })];
}

/** Whether a finding is why somebody waits longer, and not only something worth knowing. */
export const explains = ({ share }: Pick<Ranked, 'share'>): boolean =>
  share !== null && over('worth_naming_share', share);

function suffering({ victim, beyond }: Suffering): Sentence {
  const { who, op, latency_ns_p99, before_latency_ns_p99, wait_ns_per_s, before_wait_ns_per_s } = victim;
  const values = { who, op, latency_ns_p99, before_latency_ns_p99 };
  if (before_wait_ns_per_s === null) return say('headline.is', { who, op, latency_ns_p99 });
  if (before_latency_ns_p99 === null) return say('headline.new', { who, op, latency_ns_p99, wait_ns_per_s });
  const isSlower = (latency_ns_p99 ?? 0) > before_latency_ns_p99;
  if (!isSlower)
    return say('headline.more', { who, op, latency_ns_p99, wait_ns_per_s, before_wait_ns_per_s });
  return beyond
    ? say('headline.rose-between', { ...values, from_us: beyond.fromUs, to_us: beyond.toUs })
    : say('headline.rose', values);
}

function tooFewSentence({ victim }: Suffering): Sentence {
  const { who, op, op_count, before_op_count, latency_ns_p99, before_latency_ns_p99 } = victim;
  return say('headline.too-few', {
    who,
    op,
    op_count,
    before_op_count,
    latency_ns_p99,
    before_latency_ns_p99,
  });
}
