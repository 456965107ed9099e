import { expect, test } from 'vitest';
import { cases, calmDisk, usual } from './cases.ts';

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
