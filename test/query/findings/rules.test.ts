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

describe('an I/O limit', () => {
  test('is not reached by what was done before it was set', () => {
    const node = calmDisk(usual()).limit(batch, 100, 10, [500, 500]);
    expect(node.finding('io-limit')).toBeUndefined();
  });

  test('is reached by what is done under it', () => {
    const node = calmDisk(usual()).limit(batch, 100, 99, [500, 500]);
    expect(node.finding('io-limit')?.sentence.values).toMatchObject({ share_percent: 99 });
  });
});

describe('a writer that is held back', () => {
  const held = (dirty_bytes: number) =>
    calmDisk(usual())
      .host('window', { dirty_bytes })
      .does('window', batch, { op: 'throttle_dirty', per_s: 5, latency_ns: 100e6 })
      .does('window', batch, { op: 'write', per_s: 100, latency_ns: 6e6, size_bytes: 65_536 })
      .diagnose().findings[0];

  test('meets the limit of the node where that is near', () => {
    const finding = held(900 * 2 ** 20);
    expect(finding?.sentence.key).toBe('dirty-throttling');
    expect(finding?.mitigations[0]?.id).toBe('dirty-limits');
  });

  test('meets its own memory limit where that of the node is far', () => {
    const finding = held(30 * 2 ** 20);
    expect(finding?.sentence.key).toBe('dirty-throttling.memory');
    expect(finding?.mitigations[0]?.id).toBe('memory-limit');
  });
});

describe('asked how one container suffers', () => {
  const node = (): Incident =>
    usual({ sync_ns: 80e6 })
      .disk('window', 'vda', { writes: 2000, busy_ms: 990, request_ms: 8 })
      .does('window', batch, { op: 'block_write', per_s: 1900, latency_ns: 8e6, inner_ns: 8e6 })
      .always({ container: 'calm' }, { op: 'fsync', per_s: 5, latency_ns: 1e6, device: 'vdb' });

  test('it is the victim, and the cause may be anybody', () => {
    const { victim, findings } = node().diagnose({ container: 'api' });
    expect(victim?.victim.who).toBe('payments/api-7d9f/api');
    expect(findings[0]).toMatchObject({ rule: 'saturated-device', share: 1 });
  });

  test('what others wait for is not its affair', () => {
    const { victim, findings } = node().diagnose({ container: 'calm' });
    expect(victim).toBeUndefined();
    expect(findings).toEqual([]);
  });
});
