import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIXED_CONSTANTS, NAME_PIECE } from '../../src/daemon/bpftrace/constants.ts';
import { printExpression, printStatements } from '../../src/daemon/bpftrace/dialect/print.ts';
import { decode } from '../../src/daemon/stream/decode.ts';
import { BUCKET_MIDDLE_SQL, bucketLowerNs, bucketOf, bucketUpperNs } from '../../src/schema/buckets.ts';
import { isFailure } from '../../src/failure.ts';
import { openForWriting } from '../../src/schema/open.ts';
import { operations } from '../../src/schema/probes/index.ts';
import { expressionsOf, printedTuples, programOf } from './bpf.ts';

const tuples = printedTuples();
const isText = (field: string): boolean =>
  field.startsWith('str(') || field === 'comm' || field.endsWith('->comm');

describe('the tuples of bpf/', () => {
  test.each(tuples)('$file: ("$tag", …) is understood', ({ tag, fields }) => {
    const data = [tag, ...fields.map((field) => (isText(field) ? 'text' : 1))];
    expect(decode({ type: 'value', data })).not.toHaveProperty('rejected');
  });

  test('have one shape each', () => {
    const shapes = new Set(tuples.map(({ tag, fields }) => `${tag}: ${fields.map(isText).join()}`));
    expect(shapes.size).toBe(new Set(tuples.map(({ tag }) => tag)).size);
  });

  test('are all that decode.ts knows', () => {
    const [, shapes] = readFileSync('src/daemon/stream/decode.ts', 'utf8').split(/const SHAPES.*= \{\n/u);
    const known = [...shapes!.matchAll(/^ {2}(\w+): \{/gmu)].map(([, tag]) => tag!);
    expect(known.toSorted()).toEqual([...new Set(tuples.map(({ tag }) => tag))].toSorted());
  });

  test('carry no more than one text: 0.17 has 512 bytes of stack', () => {
    expect(tuples.filter(({ fields }) => fields.filter(isText).length > 1)).toEqual([]);
  });

  test('send instants in microseconds: nanoseconds since boot outgrow a double in 104 days', () => {
    const instants = tuples.flatMap(({ fields }) => fields.filter((field) => /nsecs|now_ns/u.test(field)));
    expect([...new Set(instants)].toSorted()).toEqual(['$now_ns / NS_PER_US', '(uint64)nsecs / NS_PER_US']);
  });
});

describe('the maps of bpf/', () => {
  const count = programOf('common/count.bt');
  const perEpoch = count.maps.filter(({ isPerEpoch }) => isPerEpoch);
  const cells = count.macros
    .flatMap(({ body }) => expressionsOf(body))
    .flatMap((each) => (each.kind === 'map' && each.isPerEpoch ? each : []));
  /** The keys that a map is written and read with, one way throughout. */
  const keyOf = (map: string): string[] => [
    ...new Set(cells.flatMap(({ name, keys }) => (name === map ? keys.map(printExpression).join(', ') : []))),
  ];
  const IDENTITY = 'op, variant, cgroup_id, tgid, dev, ino, name_hash';
  const MEASURES = ['latency', 'max', 'bytes', 'inner', 'errors'];

  test('that exist twice are those of the totals, and the daemon’s count of the rows', () => {
    const expected = ['number', 'row', 'rows', 'ops', 'bucket', ...MEASURES];
    expect(perEpoch.map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
    expect([...new Set(cells.map(({ name }) => name))].toSorted()).toEqual(expected.toSorted());
  });

  test('have integers alone in the keys that cross the wire', () => {
    const keys = perEpoch.flatMap(({ name }) => keyOf(name)).flatMap((key) => key.split(', '));
    expect([...new Set(keys)].toSorted()).toEqual(
      [...IDENTITY.split(', '), '', '$bucket', '$row', 'row'].toSorted(),
    );
  });

  test('tell a row’s number first and then what it stands for, as totals.ts reads it', () => {
    expect([keyOf('row'), keyOf('number')]).toEqual([[`$row, ${IDENTITY}`], [IDENTITY]]);
  });

  test('of totals have a row’s number as their key, those of buckets what totals.ts reads', () => {
    expect(MEASURES.map((map) => [map, keyOf(map)])).toEqual(MEASURES.map((map) => [map, ['row']]));
    expect(keyOf('bucket')).toEqual(['op, variant, cgroup_id, dev, $bucket']);
    expect(keyOf('ops')).toEqual(['op']);
  });

  test('keep operation, variant and cgroup apart in the number of a row beyond the bound', () => {
    const numbers = count.macros
      .flatMap(({ body }) => expressionsOf(body))
      .map(printExpression)
      .filter((text) => text.startsWith('ROW_BEYOND + '));
    expect(numbers[0]).toBe('ROW_BEYOND + (op << ROW_OP_SHIFT) + (variant << ROW_VARIANT_SHIFT) + cgroup_id');
    const { ROW_BEYOND, ROW_OP_SHIFT, ROW_VARIANT_SHIFT } = FIXED_CONSTANTS;
    expect([ROW_BEYOND, ROW_OP_SHIFT, ROW_VARIANT_SHIFT]).toEqual([2 ** 52, 40, 36]);
    const variants = operations.flatMap((each) => Object.keys(each.variants).map(Number));
    expect(Math.max(...variants)).toBeLessThan(2 ** (40 - 36));
    // Until 2^53 a double holds every number.
    expect(Math.max(...operations.map(({ id }) => id))).toBeLessThan(2 ** (52 - 40));
  });
});

describe('names in pieces', () => {
  const report = programOf('common/report.bt');
  const loopsOf = (macro: string): string =>
    printStatements(report.macros.find(({ name }) => name === macro)!.body, '');

  test('leave room for the longest file name, and for the directories above it', () => {
    expect(loopsOf('report_file')).toContain('while ($steps < PATH_STEPS)');
    expect(Math.ceil(255 / NAME_PIECE)).toBe(5);
    expect(FIXED_CONSTANTS['PATH_STEPS']).toBeGreaterThanOrEqual(Math.ceil(255 / NAME_PIECE) + 32);
  });

  test('follow each other by a piece', () => {
    for (const macro of ['report_file', 'report_cgroup']) {
      expect([macro, loopsOf(macro).match(/\$piece = \$piece \+ (\w+);/gu)]).toEqual([
        macro,
        ['$piece = $piece + NAME_PIECE;'],
      ]);
    }
  });

  test('of a cgroup’s path are enough for a pod’s', () => {
    expect(loopsOf('report_cgroup')).toContain('while ($piece < CGROUP_PATH_BYTES)');
    const uid = '0'.repeat(36);
    const deepest = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/cri-containerd-${'0'.repeat(64)}.scope`;
    expect(FIXED_CONSTANTS['CGROUP_PATH_BYTES']).toBeGreaterThan(deepest.length);
  });
});

describe('latency buckets', () => {
  /** The block that makes a bucket of a latency, as JavaScript on 64-bit integers. */
  const { body, value } = programOf('common/count.bt').macros.find(({ name }) => name === 'latency_bucket')!;
  const arithmetic = `${printStatements(body, '')}bucket = ${printExpression(value!)}`
    .replaceAll(/\$(\w+)/gu, '$1')
    .replaceAll(/\b(\d+)\b/gu, '$1n')
    .replace('latency_ns << 4n', 'BigInt.asUintN(64, latency_ns << 4n)');

  const bucketInKernel = (latencyNs: bigint): number =>
    Number(
      runInNewContext(`let rest, exponent, bucket; ${arithmetic}; bucket`, {
        latency_ns: latencyNs,
        BigInt,
      }) as bigint,
    );

  test('the arithmetic was found', () => {
    expect(arithmetic.match(/if \(/gu)?.length).toBe(8);
    expect(arithmetic).toContain('bucket = bucket + (exponent << 4n)');
  });

  test('are the same in the kernel and here, at every power of two and beside it', () => {
    const powers = Array.from({ length: 53 }, (_, exponent) => 2 ** exponent);
    const edges = [0, ...powers.flatMap((power) => [power - 1, power, power + 1, Math.floor(power * 1.125)])];
    const values = [...new Set(edges)].filter(Number.isSafeInteger);
    expect(values.length).toBeGreaterThan(190);
    expect(values.map((value) => bucketInKernel(BigInt(value)))).toEqual(
      values.map((value) => bucketOf(value)),
    );
  });

  test('are the same in the kernel and here, for any latency', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer({ min: 0, max: 1e9 })), (value) => {
        const latency = Math.abs(value);
        expect(bucketInKernel(BigInt(latency))).toBe(bucketOf(latency));
      }),
    );
  });

  test('have the bounds that the view latency says', () => {
    const db = openForWriting(':memory:');
    if (isFailure(db)) throw new Error(db.code);
    db.exec(`
      INSERT INTO session_record VALUES (1, '', '', 1, 0, 0, NULL, NULL, '', '', '', 1, 1, 1, '[]');
      INSERT INTO interval VALUES (1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, NULL);
      WITH RECURSIVE n (bucket) AS (VALUES (0) UNION ALL SELECT bucket + 1 FROM n WHERE bucket < 16 * 50)
        INSERT INTO bucket SELECT 1, 1, 1, 1, 1, bucket, 1 FROM n;`);
    const bounds = db
      .prepare(
        `SELECT bucket, latency_ns_lower AS lower, ${BUCKET_MIDDLE_SQL} AS middle, latency_ns_upper AS upper
         FROM latency ORDER BY bucket`,
      )
      .all();
    expect(bounds).toEqual(
      Array.from({ length: 16 * 50 + 1 }, (_, bucket) => ({
        bucket,
        // Below 16 ns a bucket is narrower than the clock: SQL's integers round down.
        lower: Math.floor(bucketLowerNs(bucket)),
        middle: Math.floor((bucketLowerNs(bucket) + bucketUpperNs(bucket)) / 2),
        upper: Math.floor(bucketUpperNs(bucket)),
      })),
    );
    db.close();
  });
});
