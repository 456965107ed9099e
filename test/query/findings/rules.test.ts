import { describe, expect, test } from 'vitest';
import { api, batch, calmDisk, cases, usual } from './cases.ts';
import type { Incident } from './incident.ts';

test.each(cases)('$rule comes first: $holds', ({ rule, incident, who }) => {
  const { findings } = incident().diagnose();
  expect(findings[0]?.rule).toBe(rule);
  if (who !== undefined) expect(findings[0]?.who).toBe(who);
});

test.each(cases)('$rule is not $butNot', ({ rule, control }) => {
  const { findings, excluded } = control().diagnose();
  expect(findings.map((each) => each.rule)).not.toContain(rule);
  expect(excluded.map((each) => each.rule)).toContain(rule);
});

test('a usual day has no finding', () => {
  const { findings, victim } = calmDisk(usual()).diagnose();
  expect(findings).toEqual([]);
  expect(victim).toBeUndefined();
});

describe('neighbour', () => {
  const ms = 1e6;
  /** A reader that is slow while somebody's requests are in flight. */
  const reader = (culprit: typeof batch): Incident =>
    calmDisk(usual())
      .does('before', api, { op: 'read', variant: 'device', per_s: 20, latency_ns: 1 * ms })
      .does('window', api, { op: 'read', variant: 'device', per_s: 20, latency_ns: 90 * ms })
      .slow(api, { op: 'read', latency_ns: 90 * ms }, 50)
      .inFlight(culprit, 95 * ms, 50);

  test('is who had I/O in flight while somebody else was slow', () => {
    const [first] = reader(batch).diagnose().findings;
    expect(first).toMatchObject({ rule: 'neighbour', who: 'jobs/batch-x2k4q/batch' });
  });

  test('is nobody when it was one’s own', () => {
    const { findings } = reader(api).diagnose();
    expect(findings.map(({ rule }) => rule)).not.toContain('neighbour');
  });
});
