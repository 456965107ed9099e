import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EPOCH_MAPS, NAME_PIECE, PRINTED_MAPS } from '../../src/daemon/bpftrace/compose.ts';
import { decode } from '../../src/daemon/stream/decode.ts';
import { BUCKET_MIDDLE_SQL, bucketLowerNs, bucketOf, bucketUpperNs } from '../../src/schema/buckets.ts';
import { isFailure } from '../../src/failure.ts';
import { openForWriting } from '../../src/schema/open.ts';
import { operations } from '../../src/schema/probes/index.ts';
import { codeOf, printedTuples, sourceOf } from './bpf.ts';

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
    expect([...new Set(instants)].toSorted()).toEqual(['$now_ns / 1000', '(uint64)nsecs / 1000']);
  });
});

describe('the maps of bpf/', () => {
  const row = codeOf(sourceOf('common/row.bt'));
  const add = codeOf(sourceOf('common/add.bt'));
  const keyOf = (text: string, map: string) => new RegExp(`@${map}%\\[(\\$[^\\]]*)\\]`, 'u').exec(text)?.[1];
  const IDENTITY = '$op, $variant, $cgroup, $tgid, $dev, $ino, $name_hash';

  test('that exist twice are those of row.bt and add.bt, and the daemon’s count of what row.bt drew', () => {
    const used = new Set([...`${row}${add}`.matchAll(/@(\w+)%/gu)].map(([, map]) => map));
    // Where stats() is two maps, compose.ts makes count of latency.
    expect([...used].toSorted()).toEqual([...EPOCH_MAPS.filter((map) => map !== 'count'), 'rows'].toSorted());
  });

  test('have integers alone in the keys that cross the wire', () => {
    const keys = [...`${row}${add}`.matchAll(/@\w+%?\[(\$[^\]]*)\]/gu)].map(([, key]) => key!);
    expect(keys.length).toBeGreaterThan(EPOCH_MAPS.length);
    expect([...new Set(keys.flatMap((key) => key.split(', ')))].toSorted()).toEqual(
      [...IDENTITY.split(', '), '$bucket', '$row'].toSorted(),
    );
  });

  test('tell a row’s number first and then what it stands for, as totals.ts reads it', () => {
    expect([keyOf(row, 'row'), keyOf(row, 'number')]).toEqual([`$row, ${IDENTITY}`, IDENTITY]);
  });

  test('of totals have a row’s number as their key, those of buckets what totals.ts reads', () => {
    const measures = PRINTED_MAPS.filter((map) => map !== 'row' && map !== 'count');
    expect(measures.map((map) => [map, keyOf(add, map)])).toEqual(
      measures.map((map) => [map, map === 'bucket' ? '$op, $variant, $cgroup, $dev, $bucket' : '$row']),
    );
    expect(keyOf(add, 'ops')).toBe('$op');
  });

  test('keep operation, variant and cgroup apart in the number of a row beyond the bound', () => {
    const [, first, op, variant] =
      /\$row = (\d+) \+ \(\$op << (\d+)\) \+ \(\$variant << (\d+)\) \+ \$cgroup;/u.exec(row) ?? [];
    expect([Number(first), op, variant]).toEqual([2 ** 52, '40', '36']);
    const variants = operations.flatMap((each) => Object.keys(each.variants).map(Number));
    expect(Math.max(...variants)).toBeLessThan(2 ** (40 - 36));
    // Until 2^53 a double holds every number.
    expect(Math.max(...operations.map(({ id }) => id))).toBeLessThan(2 ** (52 - 40));
  });
});

describe('names in pieces', () => {
  test('leave room for the longest file name, and for the directories above it', () => {
    const steps = Number(/while \(\$steps < (\d+)\)/u.exec(sourceOf('common/tell-file.bt'))?.[1]);
    expect(Math.ceil(255 / NAME_PIECE)).toBe(5);
    expect(steps).toBeGreaterThanOrEqual(Math.ceil(255 / NAME_PIECE) + 32);
  });

  test('follow each other by a piece', () => {
    for (const file of ['common/tell-file.bt', 'common/tell-cgroup.bt']) {
      expect([file, codeOf(sourceOf(file)).match(/\$piece = \$piece \+ (\w+);/gu)]).toEqual([
        file,
        ['$piece = $piece + NAME_PIECE;'],
      ]);
    }
  });

  test('of a cgroup’s path are enough for a pod’s', () => {
    const pieces = Number(/\$piece < (\d+) \* NAME_PIECE/u.exec(sourceOf('common/tell-cgroup.bt'))?.[1]);
    const uid = '0'.repeat(36);
    const deepest = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/cri-containerd-${'0'.repeat(64)}.scope`;
    expect(pieces * NAME_PIECE).toBeGreaterThan(deepest.length);
  });
});

describe('latency buckets', () => {
  /** The lines of add.bt that make a bucket of a latency, as JavaScript on 64-bit integers. */
  const arithmetic = codeOf(sourceOf('common/add.bt'))
    .split('PER_EPOCH')[0]!
    .replaceAll('(uint64)', '')
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
