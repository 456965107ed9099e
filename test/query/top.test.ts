import { afterEach, describe, expect, test } from 'vitest';
import type { Dimension, Scope, TopQuery, TopRow } from '../../src/query/reports/top.ts';
import {
  bucketsSql,
  dimensions,
  hasPercentiles,
  top,
  topColumnNames,
  topColumns,
  totalsSql,
} from '../../src/query/reports/top.ts';
import { wallUs } from '../../src/schema/units.ts';
import { demo } from './demo.ts';
import { NOON_US, Recording } from './recording.ts';

let recording: Recording;
afterEach(() => {
  recording.db.close();
});

const at = (second: number) => wallUs(NOON_US + second * 1e6);

function query(overrides: Partial<TopQuery> = {}): TopQuery {
  return {
    by: ['container'],
    window: { fromUs: at(0), toUs: at(600) },
    ops: [],
    container: undefined,
    sort: 'latency',
    limit: 20,
    ...overrides,
  };
}

/** The rows without what is null, which is most of it. */
function rows(overrides: Partial<TopQuery> = {}): Partial<TopRow>[] {
  return top(recording.db, query(overrides)).rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
  );
}

const names = (by: readonly Dimension[]) =>
  rows({ by }).map((row) =>
    [
      row.namespace,
      row.pod,
      row.container,
      row.cgroup_path,
      row.process,
      row.pid,
      row.file,
      row.host_path,
      row.class,
      row.place,
      row.device,
      row.sync_kind,
      row.op,
    ]
      .filter((name) => name !== undefined)
      .join(' '),
  );

test('the keys of a row are the contract, in its order', () => {
  recording = demo();
  for (const row of top(recording.db, query()).rows) {
    expect(Object.keys(row)).toEqual([
      'container',
      'pod',
      'namespace',
      'cgroup_path',
      'process',
      'pid',
      'file',
      'host_path',
      'class',
      'place',
      'device',
      'op',
      'sync_kind',
      'op_count',
      'error_count',
      'size_bytes_sum',
      'latency_ns_sum',
      'latency_ns_p50',
      'latency_ns_p95',
      'latency_ns_p99',
      'latency_ns_max',
    ]);
    expect(Object.keys(row)).toEqual(topColumnNames);
  }
  expect(topColumns.every(([, meaning]) => meaning.length > 0)).toBe(true);
});

test('counts, sums, errors and maxima are exact over the intervals', () => {
  recording = demo();
  expect(rows()).toMatchInlineSnapshot(`
    [
      {
        "cgroup_path": "/api-7d9f8c6b5-x2k4q/api",
        "container": "api",
        "error_count": 0,
        "latency_ns_max": 60000000,
        "latency_ns_p50": 2949120,
        "latency_ns_p95": 59768832,
        "latency_ns_p99": 59768832,
        "latency_ns_sum": 229500000,
        "namespace": "payments",
        "op": "fsync",
        "op_count": 21,
        "pod": "api-7d9f8c6b5-x2k4q",
        "size_bytes_sum": 0,
      },
      {
        "cgroup_path": "/system.slice/containerd.service",
        "error_count": 0,
        "latency_ns_max": 7000000,
        "latency_ns_p50": 1081344,
        "latency_ns_p95": 6946816,
        "latency_ns_p99": 6946816,
        "latency_ns_sum": 27000000,
        "op": "fsync",
        "op_count": 9,
        "size_bytes_sum": 0,
      },
      {
        "cgroup_path": "/",
        "error_count": 1,
        "latency_ns_max": 300000,
        "latency_ns_p50": 200704,
        "latency_ns_p95": 300000,
        "latency_ns_p99": 300000,
        "latency_ns_sum": 1800000,
        "op": "block_write",
        "op_count": 9,
        "size_bytes_sum": 4500000,
      },
      {
        "cgroup_path": "/docker/evil",
        "container": "evil
    [31mred",
        "error_count": 0,
        "latency_ns_max": 500000,
        "latency_ns_p50": 499712,
        "latency_ns_p95": 499712,
        "latency_ns_p99": 499712,
        "latency_ns_sum": 1500000,
        "op": "fsync",
        "op_count": 3,
        "size_bytes_sum": 0,
      },
      {
        "cgroup_path": "/docker/redis",
        "container": "redis",
        "error_count": 0,
        "latency_ns_max": 400000,
        "latency_ns_p50": 400000,
        "latency_ns_p95": 400000,
        "latency_ns_p99": 400000,
        "latency_ns_sum": 1200000,
        "op": "copy_up",
        "op_count": 3,
        "size_bytes_sum": 24576,
      },
    ]
  `);
});

describe('file classes', () => {
  const kinds = () =>
    rows({ by: ['class'], ops: ['fsync'] }).map((row) => [row.class, row.op_count, row.latency_ns_p99]);

  test('share out the syncs among them, without percentiles', () => {
    recording = demo();
    expect(kinds()).toEqual([
      ['postgres_wal', 15, undefined],
      ['containerd_metadata', 9, undefined],
      ['postgres_data', 6, undefined],
      ['other', 3, undefined],
    ]);
  });

  test('narrow any grouping down', () => {
    recording = demo();
    const found = rows({ by: ['container'], classes: ['postgres_wal', 'containerd_metadata'] });
    expect(found.map((row) => [row.container ?? row.cgroup_path, row.op_count, row.latency_ns_p99])).toEqual([
      ['api', 15, undefined],
      ['/system.slice/containerd.service', 9, undefined],
    ]);
    expect(rows({ classes: ['etcd_wal'] })).toEqual([]);
  });

  test('of a recording from before there were classes are said to be none', () => {
    recording = demo();
    recording.db.exec('UPDATE file SET class = NULL, place = NULL');
    expect(kinds()).toEqual([['not classified', 33, undefined]]);
  });
});

describe('who is told apart by', () => {
  const twice = (): Recording => {
    const made = new Recording();
    const flush = made.interval(0);
    const sync = (
      who: Parameters<Recording['operations']>[1],
      file = '/a',
      host_path: string | null = null,
    ): void => {
      made.operations(flush, who, { op: 'fsync', variant: 1, file, host_path, latencies: [1000] });
    };
    sync({ container: 'app', pod: 'p1', namespace: 'n1', pid: 1, process: 'one' });
    sync({ container: 'app', pod: 'p2', namespace: 'n1', pid: 2, process: 'two' });
    sync({ container: 'side', pod: 'p2', namespace: 'n1', pid: 3, process: 'three' }, '/b');
    sync({ container: 'plain', cgroup: '/docker/plain', pid: 4, process: 'four' });
    sync({ cgroup: '/system.slice/a.service', pid: 5, process: 'five' }, '/a', '/a');
    sync({ cgroup: '/system.slice/b.service', pid: 6, process: 'six' }, '/a', '/a');
    sync({ cgroup: null, pid: 7, process: 'seven' }, '/a', '/other/a');
    return made;
  };

  test('each dimension', () => {
    recording = twice();
    const found = dimensions.map((dimension) => [dimension, names([dimension]).toSorted()]);
    expect(Object.fromEntries(found)).toMatchInlineSnapshot(`
      {
        "cgroup": [
          "/system.slice/a.service fsync",
          "/system.slice/b.service fsync",
          "fsync",
          "n1 p1 app /p1/app fsync",
          "n1 p2 app /p2/app fsync",
          "n1 p2 side /p2/side fsync",
          "plain /docker/plain fsync",
        ],
        "class": [
          "other fsync",
        ],
        "container": [
          "/system.slice/a.service fsync",
          "/system.slice/b.service fsync",
          "fsync",
          "n1 p1 app /p1/app fsync",
          "n1 p2 app /p2/app fsync",
          "n1 p2 side /p2/side fsync",
          "plain /docker/plain fsync",
        ],
        "device": [
          "vda fsync",
        ],
        "file": [
          "/a /a other host vda fsync",
          "/a /other/a other host vda fsync",
          "n1 p1 app /a other unknown vda fsync",
          "n1 p2 app /a other unknown vda fsync",
          "n1 p2 side /b other unknown vda fsync",
          "plain /a other unknown vda fsync",
        ],
        "pid": [
          "/system.slice/a.service five 5 fsync",
          "/system.slice/b.service six 6 fsync",
          "n1 p1 app /p1/app one 1 fsync",
          "n1 p2 app /p2/app two 2 fsync",
          "n1 p2 side /p2/side three 3 fsync",
          "plain /docker/plain four 4 fsync",
          "seven 7 fsync",
        ],
        "place": [
          "host fsync",
          "unknown fsync",
        ],
        "pod": [
          "/system.slice/a.service fsync",
          "/system.slice/b.service fsync",
          "fsync",
          "n1 p1 fsync",
          "n1 p2 fsync",
          "plain /docker/plain fsync",
        ],
        "process": [
          "/system.slice/a.service five 5 fsync",
          "/system.slice/b.service six 6 fsync",
          "n1 p1 app /p1/app one 1 fsync",
          "n1 p2 app /p2/app two 2 fsync",
          "n1 p2 side /p2/side three 3 fsync",
          "plain /docker/plain four 4 fsync",
          "seven 7 fsync",
        ],
        "sync_kind": [
          "fsync fsync",
        ],
      }
    `);
  });

  test('several at once', () => {
    recording = twice();
    expect(names(['container', 'file']).toSorted()).toMatchInlineSnapshot(`
      [
        "/a /other/a other host vda fsync",
        "/system.slice/a.service /a /a other host vda fsync",
        "/system.slice/b.service /a /a other host vda fsync",
        "n1 p1 app /p1/app /a other unknown vda fsync",
        "n1 p2 app /p2/app /a other unknown vda fsync",
        "n1 p2 side /p2/side /b other unknown vda fsync",
        "plain /docker/plain /a other unknown vda fsync",
      ]
    `);
    expect(names(['pod', 'device']).toSorted()).toMatchInlineSnapshot(`
      [
        "/system.slice/a.service vda fsync",
        "/system.slice/b.service vda fsync",
        "n1 p1 vda fsync",
        "n1 p2 vda fsync",
        "plain /docker/plain vda fsync",
        "vda fsync",
      ]
    `);
  });

  test('every grouping counts every operation once', () => {
    recording = twice();
    for (const dimension of dimensions) {
      const counts = rows({ by: [dimension] }).map(({ op_count }) => op_count ?? 0);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(7);
    }
  });
});

describe('percentiles', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => (index + 1) * 1e6);

  test('come from the buckets of the whole group, never above the maximum', () => {
    recording = new Recording();
    const flushes = [recording.interval(0), recording.interval(5)];
    hundred.forEach((latency, index) => {
      const who = { container: 'app', cgroup: index % 3 === 0 ? '/x/one' : '/x/two' };
      recording.operations(
        flushes[index % 2]!,
        { ...who, pid: index },
        { op: 'fsync', variant: 1 + (index % 2), latencies: [latency] },
      );
    });
    const [row] = rows();
    expect(row).toMatchObject({ container: 'app', op_count: 100, latency_ns_max: 100e6 });
    expect(row).not.toHaveProperty('cgroup_path');
    for (const [found, exact] of [
      [row!.latency_ns_p50!, 50e6],
      [row!.latency_ns_p95!, 95e6],
      [row!.latency_ns_p99!, 99e6],
    ] as const) {
      expect(Math.abs(found - exact) / exact).toBeLessThanOrEqual(0.0625);
    }
  });

  test.each([
    [['container']],
    [['pod']],
    [['cgroup']],
    [['device']],
    [['sync_kind']],
    [['container', 'device', 'sync_kind']],
  ] as Dimension[][][])('exist by %s', (by) => {
    recording = demo();
    const { rows: found } = top(recording.db, query({ by }));
    expect(found.every(({ latency_ns_p99 }) => latency_ns_p99 !== null)).toBe(true);
  });

  test.each([[['process']], [['pid']], [['file']], [['container', 'file']]] as Dimension[][][])(
    'do not exist by %s',
    (by) => {
      recording = demo();
      const { rows: found } = top(recording.db, query({ by }));
      expect(
        found
          .map(({ latency_ns_p50, latency_ns_p95, latency_ns_p99 }) => [
            latency_ns_p50,
            latency_ns_p95,
            latency_ns_p99,
          ])
          .flat(),
      ).toEqual(found.flatMap(() => [null, null, null]));
    },
  );
});

test('intervals that overlap the window count whole, those that touch it do not', () => {
  recording = new Recording();
  for (const second of [0, 5, 10]) {
    recording.operations(
      recording.interval(second),
      { container: 'app' },
      { op: 'fsync', latencies: [1000] },
    );
  }
  const count = (from: number, to: number) =>
    rows({ window: { fromUs: at(from), toUs: at(to) } })[0]?.op_count ?? 0;
  expect(count(0, 15)).toBe(3);
  expect(count(4.9, 10.1)).toBe(3);
  expect(count(5, 10)).toBe(1);
  expect(count(6, 7)).toBe(1);
  expect(count(15, 20)).toBe(0);
});

test('filters by operation and by container', () => {
  recording = demo();
  expect(rows({ ops: ['copy_up', 'block_write'] }).map(({ op }) => op)).toEqual(['block_write', 'copy_up']);
  expect(rows({ container: 'api' }).map(({ container }) => container)).toEqual(['api']);
  expect(rows({ container: "x' OR 1=1 --" })).toEqual([]);
  expect(rows({ container: 'api', ops: ['copy_up'] })).toEqual([]);
});

test.each([
  ['latency', ['api', '/system.slice/containerd.service', '/', 'evil\n\u001b[31mred', 'redis']],
  ['p99', ['api', '/system.slice/containerd.service', 'evil\n\u001b[31mred', 'redis', '/']],
  ['max', ['api', '/system.slice/containerd.service', 'evil\n\u001b[31mred', 'redis', '/']],
  ['ops', ['api', '/', '/system.slice/containerd.service', 'redis', 'evil\n\u001b[31mred']],
  ['bytes', ['/', 'redis', '/system.slice/containerd.service', 'api', 'evil\n\u001b[31mred']],
] as const)('sorts by %s', (sort, expected) => {
  recording = demo();
  expect(rows({ sort }).map(({ container, cgroup_path }) => container ?? cgroup_path)).toEqual(expected);
});

test('the limit cuts rows and tells how many there are', () => {
  recording = demo();
  expect(top(recording.db, query({ limit: 2 }))).toMatchObject({
    row_count: 5,
    rows: [{ container: 'api' }, {}],
  });
});

test('by process those of one name are one row, by pid each is its own', () => {
  recording = new Recording();
  const flush = recording.interval(0);
  for (const [pid, latencies] of [
    [71, [1000, 2000]],
    [72, [5000]],
  ] as const) {
    recording.operations(flush, { container: 'app', process: 'nginx', pid }, { op: 'fsync', latencies });
  }
  recording.operations(
    flush,
    { container: 'app', process: 'cron', pid: 9 },
    { op: 'fsync', latencies: [10] },
  );
  const seen = (by: Dimension[]) =>
    rows({ by, ops: ['fsync'] }).map(({ process, pid, op_count }) => [process, pid, op_count]);
  expect(seen(['process'])).toEqual([
    ['nginx', undefined, 3],
    ['cron', 9, 1],
  ]);
  expect(seen(['pid'])).toEqual([
    ['nginx', 72, 1],
    ['nginx', 71, 2],
    ['cron', 9, 1],
  ]);
});

test('an operation whose names are missing still counts', () => {
  recording = demo();
  recording.db.exec(
    'PRAGMA foreign_keys = OFF; DELETE FROM cgroup; DELETE FROM process; DELETE FROM file; DELETE FROM device',
  );
  expect(rows({ by: ['process'], ops: ['fsync'] })).toMatchObject([{ op: 'fsync', op_count: 33 }]);
});

describe('the plan', () => {
  const all = { spans: '[1]', op_ids: null, cgroup_keys: null, classes: null };
  const plan = (sql: string, scope: Scope): string[] =>
    recording.db
      .prepare<[Scope], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(scope)
      .map(({ detail }) => detail);
  /** Tables and dictionaries read from end to end: none of those that grow with time. */
  const scanned = (steps: readonly string[]): string[] =>
    steps
      .filter((step) => step.startsWith('SCAN') && !/SCAN (span_\w+|json_each|\(subquery|folded)/u.test(step))
      .toSorted();

  test.each(dimensions.map((dimension) => [dimension]))(
    'by %s finds the rows of spans by key, and reads no table from end to end',
    (dimension) => {
      recording = demo();
      const steps = plan(totalsSql([dimension], all), all);
      const table = hasPercentiles([dimension]) ? 'rollup_total' : 'rollup_file';
      expect(steps).toContain(`SEARCH ${table} USING PRIMARY KEY (rollup_id=?)`);
      expect(steps).toContain('SEARCH total USING PRIMARY KEY (interval_id=?)');
      expect(scanned(steps)).toEqual([]);
      if (!hasPercentiles([dimension])) return;
      const latencies = plan(bucketsSql([dimension], all), all);
      expect(latencies).toContain('SEARCH rollup_bucket USING PRIMARY KEY (rollup_id=?)');
      expect(latencies).toContain('SEARCH bucket USING PRIMARY KEY (interval_id=?)');
      expect(scanned(latencies)).toEqual([]);
    },
  );

  test('of some operations and cgroups reads their rows only', () => {
    recording = demo();
    const some = { spans: '[1]', op_ids: '[1]', cgroup_keys: '[1]', classes: null };
    const totals = plan(totalsSql(['container'], some), some);
    expect(totals).toContain(
      'SEARCH rollup_total USING PRIMARY KEY (rollup_id=? AND op_id=? AND cgroup_key=?)',
    );
    expect(totals).toContain('SEARCH total USING PRIMARY KEY (interval_id=? AND op_id=?)');
    const latencies = plan(bucketsSql(['container'], some), some);
    expect(latencies).toContain(
      'SEARCH rollup_bucket USING PRIMARY KEY (rollup_id=? AND op_id=? AND cgroup_key=?)',
    );
    expect(latencies).toContain('SEARCH bucket USING PRIMARY KEY (interval_id=? AND op_id=?)');
  });
});
