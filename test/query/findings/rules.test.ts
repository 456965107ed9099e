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

describe('a journal is held up', () => {
  test('by who makes its commits long with data, not by who asks for most of them', () => {
    const node = calmDisk(usual({ sync_ns: 62e6 }))
      .does('window', batch, {
        op: 'block_write',
        per_s: 100,
        latency_ns: 5e6,
        inner_ns: 5e6,
        size_bytes: 2 ** 20,
      })
      .does('window', api, {
        op: 'journal_commit',
        variant: 'asked',
        per_s: 5,
        latency_ns: 60e6,
        inner_ns: 4e6,
        class: 'journal',
      })
      .does('window', api, { op: 'journal_wait', per_s: 5, latency_ns: 60e6 });
    const finding = node.finding('journal');
    expect(finding?.who).toBe('jobs/batch-x2k4q/batch');
    expect(finding?.sentence).toMatchObject({
      key: 'journal.data',
      values: {
        who: 'payments/api-7d9f/api',
        culprit: 'jobs/batch-x2k4q/batch',
        size_bytes_per_s: 100 * 2 ** 20,
      },
    });
    expect(finding?.mitigations.map(({ id }) => id)).not.toContain('batch-fsync');
  });
});

describe('a disk that nobody can compare', () => {
  const alone = (sample: { writes: number; request_ms: number }): unknown =>
    usual({ hasBaseline: false })
      .disk('window', 'vda', { busy_ms: 900, ...sample })
      .finding('slow-device')?.device;

  test('is slow where few small requests take long', () => {
    expect(alone({ writes: 10, request_ms: 60 })).toBe('vda');
  });

  test('is not where they wait for each other', () => {
    expect(alone({ writes: 12, request_ms: 4000 })).toBeUndefined();
  });

  test('nor where they are large', () => {
    const large = usual({ hasBaseline: false }).disk('window', 'vda', {
      writes: 20,
      busy_ms: 900,
      request_ms: 25,
    });
    large.db.exec('UPDATE device_sample SET write_bytes = write_count * 1048576');
    expect(large.finding('slow-device')).toBeUndefined();
  });
});

test('a single operation held up for seconds by one other is a neighbour’s doing', () => {
  const node = calmDisk(usual()).does('window', api, { op: 'open', per_s: 1 / 60, latency_ns: 7.5e9 });
  for (const table of ['total', 'bucket']) {
    node.db.exec(
      `DELETE FROM ${table} WHERE op_id = 10 AND interval_id > (SELECT min(interval_id) FROM ${table} WHERE op_id = 10)`,
    );
  }
  node.slow(api, { op: 'open', latency_ns: 7.5e9 }, 8);
  node.db.exec('DELETE FROM exemplar WHERE ended_us < (SELECT max(ended_us) FROM exemplar)');
  for (let slot = 0; slot < 70; slot += 1) node.inFlightAt(batch, 8 - 0.1 * (slot + 1), 100e6);
  const { victim, findings } = node.diagnose();
  expect(victim?.victim).toMatchObject({ who: 'payments/api-7d9f/api', op: 'open' });
  expect(findings[0]).toMatchObject({ rule: 'neighbour', who: 'jobs/batch-x2k4q/batch' });
  expect(findings[0]?.mitigations.map(({ id }) => id)).not.toContain('scheduler');
});

describe('advice names whom it is for', () => {
  test('a limit after a disk names who loads it, and is for reads where it reads', () => {
    const reading = usual()
      .disk('window', 'vda', { reads: 3000, busy_ms: 700, request_ms: 4 })
      .does('window', batch, {
        op: 'block_read',
        per_s: 3000,
        latency_ns: 4e6,
        inner_ns: 1e6,
        size_bytes: 4096,
      });
    const limit = reading.finding('queueing')?.mitigations.find(({ id }) => id === 'io-limit');
    expect(limit?.values).toMatchObject({ who: 'jobs/batch-x2k4q/batch', bytes_limit: 'rbps=20971520' });
  });

  test('a cgroup without the io controller gets no path to write to', () => {
    const node = calmDisk(usual())
      .limit(api, 100, 1)
      .does('window', batch, { op: 'fsync', per_s: 400, latency_ns: 2e6, tail_ns: 30e6 });
    const limit = node.finding('fsync-storm')?.mitigations.find(({ id }) => id === 'io-limit');
    expect(limit?.values['cgroup']).toBeUndefined();
  });
});

describe('a loss', () => {
  const storm = (op: string | null): number | undefined => {
    const node = calmDisk(usual()).does('window', batch, { op: 'fsync', per_s: 400, latency_ns: 2e6 });
    node.lost('operations_uncounted', op);
    return node.finding('fsync-storm')?.confidence.score;
  };

  test('of the probe a finding rests on makes it less sure, that of another does not', () => {
    expect([storm('fsync'), storm('copy_up'), storm(null)]).toEqual([0.81, 0.9, 0.81]);
  });
});
