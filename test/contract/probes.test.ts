import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compose } from '../../src/daemon/bpftrace/compose.ts';
import { isFailure } from '../../src/failure.ts';
import { describeViews } from '../../src/schema/describe.ts';
import { openForWriting, VIEWS } from '../../src/schema/open.ts';
import type { Fragment, Requirement } from '../../src/schema/probe.ts';
import {
  attachables,
  companions,
  operationNames,
  operations,
  probes,
} from '../../src/schema/probes/index.ts';
import { linesOf, planOf, replay, STREAMS } from '../replay/replay.ts';
import { calls, fragmentFiles, headerOf, hooksOf, sourceOf, valuesNamed } from './bpf.ts';

const views = describeViews();
const columnsOf = (view: string) => views.find(({ name }) => name === view)?.columns ?? [];
const commentOf = (view: string, column: string): string =>
  columnsOf(view).find(({ name }) => name === column)?.comment ?? '';

const fragments = probes.flatMap((probe) => probe.fragments.map((fragment) => ({ probe, ...fragment })));
const companionFragments = companions.flatMap((companion) =>
  companion.fragments.map((fragment) => ({ companion, ...fragment })),
);
/** Those of the companions that count for a probe. */
const countedFor = (probe: string): readonly Fragment[] =>
  companionFragments.filter(({ companion }) => companion.countsFor?.probe === probe);
const variantNames = (probe: (typeof probes)[number]): string[] =>
  probe.operations.flatMap((operation) => Object.values(operation.variants));

/** What the names of variants' constants begin with. */
const VARIANTS = ['SYNC', 'READ', 'WRITE', 'COMMIT', 'OWNER'];

/** Words in `code`, anywhere in a page. */
function wordsIn(page: string): Set<string> {
  return new Set([...page.matchAll(/`([^`\n]+)`/gu)].map(([, word]) => word!));
}

describe('the registry', () => {
  test('numbers operations once', () => {
    const ids = operations.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    expect(operationNames).toEqual([...new Set(operationNames)]);
  });

  test('names an operation after its probe, or after the system call', () => {
    const others = operations.filter(({ name, probe }) => name !== probe && !name.startsWith(`${probe}_`));
    expect(others.map(({ name }) => name)).toEqual(['read', 'write', 'close']);
  });

  test('lists every program of bpf/, and none that is not there', () => {
    const listed = attachables.flatMap((each) => each.fragments).map(({ file }) => file);
    expect(listed.toSorted()).toEqual(fragmentFiles.toSorted());
  });

  test('is what a new database knows', () => {
    const db = openForWriting(':memory:');
    if (isFailure(db)) throw new Error(db.code);
    expect(db.prepare('SELECT op_id AS id, op AS name, probe FROM operation ORDER BY op_id').all()).toEqual(
      operations.map(({ id, name, probe }) => ({ id, name, probe })).toSorted((a, b) => a.id - b.id),
    );
    expect(db.prepare('SELECT op_id, variant, name FROM variant ORDER BY op_id, variant').all()).toEqual(
      operations
        .toSorted((a, b) => a.id - b.id)
        .flatMap(({ id, variants }) =>
          Object.entries(variants).map(([variant, name]) => ({ op_id: id, variant: Number(variant), name })),
        ),
    );
    db.close();
  });
});

describe.each(fragments)('$file', ({ file, probe, needs, gaps }) => {
  test('opens with its name and what its numbers exclude', () => {
    const header = headerOf(sourceOf(file));
    expect(header.split(':')[0]).toBe(file.replace(/\.bt$/u, ''));
    expect(header).toMatch(/^Excluded(?:, besides what \S+ excludes)?: \S/mu);
  });

  test('is called after its probe', () => {
    expect(file.split('.')[0]).toBe(probe.name);
  });

  test('counts the operations of its probe, no more and no fewer', () => {
    const covered = probe.operations.filter(({ name }) => !gaps.some(({ subject }) => subject === name));
    const ids = covered.map(({ id }) => id);
    expect(valuesNamed(file, 'OP')).toEqual(ids.toSorted((a, b) => a - b));
  });

  test('tells the variants of its probe, no more and no fewer, but for those of its companion', () => {
    const named = probe.operations.flatMap(({ variants }) => Object.keys(variants).map(Number));
    const beside = countedFor(probe.name).flatMap((each) => valuesNamed(each.file, ...VARIANTS));
    const told = [...new Set([...valuesNamed(file, ...VARIANTS), ...beside])].toSorted((a, b) => a - b);
    // A program that knows less says so in its gaps.
    const expected = gaps.length > 0 ? told : [...new Set(named)].toSorted((a, b) => a - b);
    expect(told).toEqual(expected);
    expect(told.filter((variant) => !named.includes(variant))).toEqual([]);
  });

  test('hooks what it says it needs', () => {
    const hooks = hooksOf(file);
    const missing = needs.flatMap(hooksNeeded).filter((hook) => !hooks.includes(hook));
    expect(missing).toEqual([]);
  });

  test('needs every tracepoint it hooks, an exit with its enter: bpftrace 0.27 ends on a missing one', () => {
    const known = new Set(needs.flatMap(hooksNeeded));
    const unknown = hooksOf(file)
      .filter((hook) => /^(?:raw)?tracepoint:/u.test(hook))
      .filter((hook) => !known.has(hook) && !known.has(hook.replace(/exit/u, 'enter')))
      // Every x86 has them; on arm64 compose.ts takes them out.
      .filter((hook) => !/^tracepoint:syscalls:sys_(?:enter|exit)_(?:open|creat)$/u.test(hook));
    expect(unknown).toEqual([]);
  });
});

describe.each(companionFragments)('$file', ({ companion, file, needs }) => {
  test('opens with its name, and is called after its companion', () => {
    expect(headerOf(sourceOf(file)).split(':')[0]).toBe(file.replace(/\.bt$/u, ''));
    expect(file.split('.')[0]).toBe(companion.name);
  });

  test('counts what the companion counts for a probe, else nothing', () => {
    const counted = probes
      .find(({ name }) => name === companion.countsFor?.probe)
      ?.operations.filter(({ name }) => companion.countsFor?.operations.includes(name));
    expect(counted?.map(({ name }) => name)).toEqual(companion.countsFor?.operations);
    expect(valuesNamed(file, 'OP')).toEqual(counted?.map(({ id }) => id) ?? []);
    if (!counted) expect(calls(file, 'count')).toBe(false);
    const names = valuesNamed(file, ...VARIANTS, 'NO_VARIANT').map((variant) =>
      counted?.map(({ variants }) => variants[variant]),
    );
    expect(names).toEqual(counted ? [counted.map(() => companion.countsFor?.variant)] : []);
  });

  test('hooks what it says it needs, and nothing else', () => {
    const hooks = hooksOf(file).filter((hook) => !hook.startsWith('kretfunc'));
    expect(hooks).toEqual(needs.flatMap(hooksNeeded));
  });
});

describe.each(probes)('the view of $name,', (probe) => {
  test('is one of the views, and every column has a comment', () => {
    expect(VIEWS).toContain(probe.view);
    expect(columnsOf(probe.view).length).toBeGreaterThan(10);
    expect(columnsOf(probe.view).filter(({ comment }) => comment.length < 3)).toEqual([]);
  });

  test('shows the operations of the probe alone', () => {
    const sql = readFileSync(`src/schema/views/${probe.view}.sql`, 'utf8');
    const asked = /WHERE op (?:=|IN) \(?([^);]+)/u.exec(sql)?.[1] ?? '';
    expect([...asked.matchAll(/'(\w+)'/gu)].map(([, op]) => op)).toEqual(
      probe.operations.map(({ name }) => name),
    );
  });

  test('spells its columns as the view of all operations does', () => {
    const known = new Set(columnsOf('operations').map(({ name }) => name));
    const others = columnsOf(probe.view).filter(({ name }) => !known.has(name));
    const renamed: Record<string, readonly string[]> = {
      fsync: ['sync_kind'],
      block: ['owner_basis', 'shared_op_count', 'queue_latency_ns_sum', 'device_latency_ns_sum'],
      file_io: ['served'],
      journal: ['commit_reason', 'logging_latency_ns_sum'],
    };
    expect(others.map(({ name }) => name)).toEqual(renamed[probe.name] ?? []);
  });
});

test.each(probes)(
  'the view of $name has what the view of all operations has, under the same names',
  (probe) => {
    const { db } = replay(STREAMS.at(-1)!);
    // Of a single operation sum and maximum are the same: these numbers can't be mistaken for each other.
    db.exec(`UPDATE total SET op_count = 2, error_count = 3, size_bytes_sum = 5, latency_ns_sum = 101,
      latency_ns_max = 53, inner_latency_ns_sum = 17`);
    const meaning: Record<string, string> = {
      sync_kind: 'variant',
      served: 'variant',
      owner_basis: "replace(variant, ', several files', '')",
      shared_op_count: "iif(variant LIKE '%, several files', op_count, 0)",
      commit_reason: 'variant',
      logging_latency_ns_sum: 'inner_latency_ns_sum',
      queue_latency_ns_sum: 'latency_ns_sum - inner_latency_ns_sum',
      device_latency_ns_sum: 'inner_latency_ns_sum',
    };
    const columns = columnsOf(probe.view).map(({ name }) => name);
    const ops = probe.operations.map(({ name }) => `'${name}'`).join(', ');
    const all = columns.map((name) => `${meaning[name] ?? name} AS ${name}`).join(', ');
    const rows = db.prepare(`SELECT * FROM ${probe.view}`).all();
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(db.prepare(`SELECT ${all} FROM operations WHERE op IN (${ops})`).all());
  },
);

describe('a comment that lists names lists all of them', () => {
  const listed = (text: string): string[] => text.replace(/^[^:]*: /u, '').split(', ');

  test('operations', () => {
    expect(listed(commentOf('operations', 'op'))).toEqual(operationNames);
    const block = probes.find(({ name }) => name === 'block')!;
    expect(commentOf('block', 'op').split(', ')).toEqual(block.operations.map(({ name }) => name));
  });

  test('kinds of sync', () => {
    const fsync = probes.find(({ name }) => name === 'fsync')!;
    expect(commentOf('fsync', 'sync_kind').split(', ')).toEqual(variantNames(fsync));
  });

  test('probes and companions', () => {
    expect(commentOf('coverage', 'probe').split(', ')).toEqual(attachables.map(({ name }) => name));
  });
});

describe.each(probes.map((probe) => [`docs/probes/${probe.view}.md`, probe] as const))(
  '%s',
  (path, probe) => {
    const words = existsSync(path) ? wordsIn(readFileSync(path, 'utf8')) : new Set<string>();

    test('names every operation', () => {
      expect(probe.operations.map(({ name }) => name).filter((name) => !words.has(name))).toEqual([]);
    });

    test('names every variant', () => {
      expect(variantNames(probe).filter((name) => !words.has(name))).toEqual([]);
    });

    test('names every column of the view', () => {
      expect(columnsOf(probe.view).filter(({ name }) => !words.has(name))).toEqual([]);
    });

    test('names every program that can record it', () => {
      expect(probe.fragments.filter(({ file }) => !words.has(file))).toEqual([]);
    });

    test('tells every gap in the words of the registry', () => {
      const page = readFileSync(path, 'utf8').replaceAll(/\s+/gu, ' ');
      const gaps = [...probe.fragments.flatMap((fragment) => fragment.gaps), probe.uncovered];
      expect(gaps.filter(({ subject }) => !page.includes(subject))).toEqual([]);
    });
  },
);

describe('recorded streams', () => {
  /** What the kernel's own counters and the keys of the totals of a stream mention. */
  const counted = (stream: string) => {
    const keys = linesOf(stream).flatMap((line) =>
      /"@(?:irq_)?row_[ab]"/u.test(line) ? [...line.matchAll(/"\d+,(\d+),(\d+),[-\d,]+"/gu)] : [],
    );
    return new Set(keys.flatMap(([, op, variant]) => [op!, `${op!},${variant!}`]));
  };

  test.each(STREAMS)('%s has every operation and every variant', (stream) => {
    const seen = counted(stream);
    const uncovered = planOf(stream).flatMap(({ gaps }) => gaps.map(({ subject }) => subject));
    const tried = operations.filter(
      ({ name }) =>
        !uncovered.includes(name) &&
        !name.includes('_stacked_') &&
        // What depends on how fast and how full the disk was.
        !['throttle_dirty', 'block_requeue'].includes(name),
    );
    const expected = tried.flatMap(({ id, variants, isRemark }) => [
      String(id),
      ...(isRemark === true ? [] : Object.keys(variants)).map((variant) => `${String(id)},${variant}`),
    ]);
    expect(expected.filter((each) => !seen.has(each))).toEqual([]);
  });

  test('one of them has a writer that was held back: whether one is depends on how fast the disk was', () => {
    const held = operations.find(({ name }) => name === 'throttle_dirty');
    expect(STREAMS.some((stream) => counted(stream).has(String(held?.id)))).toBe(true);
  });

  test.each(STREAMS)('%s was made by the programs as they are now', (stream) => {
    const fragments = planOf(stream).flatMap(({ fragment }) => fragment ?? []);
    const { program } = compose({
      fragments,
      intervalMs: 2000,
      slowNs: 1,
      exemplarsPerSecond: 1,
      cpuCount: 2,
      mapMemoryBytes: 2 ** 26,
      hasWideStats: !stream.endsWith('-0.17.0'),
      sharesNewKeys: true,
      control: { token: 1, startTicks: 123, pid: 456 },
    });
    const printed = linesOf(stream).flatMap(
      (line) => /^\{"type": "(?:map|stats)", "data": \{"(@\w+)"/u.exec(line)?.[1] ?? [],
    );
    const known = new Set(program.match(/@\w+/gu));
    expect([...new Set(printed)].filter((map) => !known.has(map))).toEqual([]);
    // Which of the others are printed depends on what happened.
    const withoutSet = (map: string): string => map.replace(/_[ab]$/u, '');
    const always = [...program.matchAll(/print\((@\w+)\)/gu)]
      .map(([, map]) => withoutSet(map!))
      .filter((map) => /row|latency|max|bucket|ops|sent/u.test(map));
    expect(always.length).toBeGreaterThan(6);
    expect(always.filter((map) => !printed.map(withoutSet).includes(map))).toEqual([]);
  });

  test('were made by the best programs of each probe, or the second best', () => {
    const ran = new Set(STREAMS.flatMap((stream) => planOf(stream).map(({ fragment }) => fragment)));
    const best = probes.flatMap((probe) => probe.fragments.slice(0, 2).map(({ file }) => file));
    // For kernels without kprobes, of which no stream is recorded.
    const expected = best.filter((file) => file !== 'journal.tracepoint.bt');
    expect(expected.filter((file) => !ran.has(file))).toEqual([]);
  });
});

function hooksNeeded(need: Requirement): string[] {
  switch (need.kind) {
    case 'kfunc':
      return [`kfunc:${need.module === undefined ? '' : `${need.module}:`}${need.function}`];
    case 'kprobe':
    case 'ksession':
      if (need.entryOnly === true) return [`kprobe:${need.function}`];
      return [`kprobe:${need.function}`, `kretprobe:${need.function}`];
    case 'tracepoint':
    case 'rawtracepoint':
      return [`${need.kind}:${need.name}`];
    case 'btf':
      return [];
  }
}
