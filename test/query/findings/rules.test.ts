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

describe('a share is of what the same victim waits for, and never over the whole', () => {
  const ms = 1e6;
  /** Of another container on another disk: throttled at its memory limit all the time. */
  const throttled = (node: Incident): Incident =>
    node
      .does('window', batch, {
        op: 'write',
        per_s: 100,
        latency_ns: 9 * ms,
        size_bytes: 65_536,
        device: 'vdb',
      })
      .does('window', batch, { op: 'throttle_dirty', per_s: 9, latency_ns: 100 * ms, device: 'vdb' });

  test('another container at its memory limit on another disk is no answer for one that did not get slower', () => {
    const node = throttled(calmDisk(usual({ sync_ns: 2.4 * ms })));
    const asked = node.diagnose({ container: 'api' });
    expect(asked.findings).toEqual([]);
    expect(asked.victim).toBeUndefined();
    expect(node.finding('dirty-throttling')?.share).toBeCloseTo(0.9 / 0.902, 3);
  });

  test('nor for one that did, on its own disk', () => {
    const node = throttled(
      usual({ sync_ns: 60 * ms }).disk('window', 'vda', { writes: 10, busy_ms: 600, request_ms: 50 }),
    );
    const asked = node.diagnose({ container: 'api' });
    expect(asked.findings.map(({ rule }) => rule)).toEqual(['slow-device']);
    expect(asked.findings[0]?.share).toBe(1);
  });

  test('what happens inside a wait explains no more than the wait', () => {
    const node = calmDisk(usual())
      .does('window', batch, { op: 'write', per_s: 1, latency_ns: 300 * ms })
      .does('window', batch, { op: 'throttle_dirty', per_s: 5, latency_ns: 100 * ms });
    expect(node.finding('dirty-throttling')?.share).toBeCloseTo(1, 6);
  });

  test.each(cases)('$rule: of every finding, also asked about each container', ({ incident }) => {
    for (const container of [undefined, 'api', 'batch', 'fluent-bit', 'nobody']) {
      const shares = incident()
        .diagnose({ container })
        .findings.map(({ share }) => share ?? 0);
      expect(shares.filter((share) => share < 0 || share > 1 + 1e-9)).toEqual([]);
    }
  });
});

describe('few operations', () => {
  /** Thirty syncs in ten minutes, of which the slowest take that long. */
  const few = (before_ns: number, now_ns: number): Incident =>
    calmDisk(usual())
      .does('before', batch, { op: 'fsync', per_s: 0.05, latency_ns: before_ns })
      .does('window', batch, { op: 'fsync', per_s: 0.05, latency_ns: now_ns });

  test('that got slower are named with their number: too few to judge', () => {
    const { victim, tooFew, findings } = few(21.5e6, 189e6).diagnose({ container: 'batch' });
    expect([victim, findings]).toEqual([undefined, []]);
    expect(tooFew.map((each) => each.victim)).toMatchObject([
      {
        op: 'fsync',
        op_count: 30,
        before_op_count: 30,
        latency_ns_p99: 188_743_680,
        before_latency_ns_p99: 21_495_808,
      },
    ]);
  });

  test('that did not are not', () => {
    expect(few(21.5e6, 25e6).diagnose({ container: 'batch' }).tooFew).toEqual([]);
  });
});

describe('what was not recorded is not ruled out', () => {
  const slowReader = (): Incident =>
    calmDisk(usual())
      .does('before', api, { op: 'read', variant: 'device', per_s: 20, latency_ns: 1e6 })
      .does('window', api, { op: 'read', variant: 'device', per_s: 20, latency_ns: 90e6 });

  test('a neighbour, where no I/O in flight was kept of what was slow', () => {
    const { excluded, unknown } = slowReader().diagnose();
    expect(excluded.map(({ rule }) => rule)).not.toContain('neighbour');
    expect(unknown).toEqual([{ rule: 'neighbour', missing: ['blame'] }]);
  });

  test('it is ruled out where some was kept', () => {
    const { excluded } = slowReader()
      .slow(api, { op: 'read', latency_ns: 90e6 }, 9)
      .inFlight(api, 90e6, 9)
      .diagnose();
    expect(excluded.map(({ rule }) => rule)).toContain('neighbour');
  });
});

describe('evidence and advice fit their finding', () => {
  test('a file system without inodes shows no layer of no files', () => {
    const full = calmDisk(usual())
      .filesystem('/var/lib/containerd', { used: 0.3, inodes: 1 })
      .upperdir(api, 0);
    expect(full.finding('inodes')?.evidence.map(({ title }) => title.key)).toEqual([
      'proof.filesystem',
      'proof.no-space',
    ]);
    const evidence = full.upperdir(batch, 40_000).finding('inodes')?.evidence;
    expect(evidence?.find(({ title }) => title.key === 'proof.upperdirs')?.rows.map(([who]) => who)).toEqual([
      'jobs/batch-x2k4q/batch',
    ]);
  });

  test('who makes no syncs is not told to make fewer', () => {
    const measures = (op: string): unknown =>
      calmDisk(usual())
        .limit(batch, 100, 99)
        .does('window', batch, { op, per_s: 10, latency_ns: 90e6 })
        .finding('io-limit')
        ?.mitigations.map(({ id }) => id);
    expect(measures('write')).toEqual(['raise-io-limit']);
    expect(measures('fsync')).toEqual(['raise-io-limit', 'batch-fsync']);
  });
});
