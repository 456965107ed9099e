import { literal } from '../../../literal.ts';
import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { sumOf } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { found } from '../../finding.ts';
import type { LimitFact } from '../../queries.ts';
import { limitsSql } from '../../queries.ts';
import { shareOf } from '../../share.ts';
import { tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';

export const ioLimit: Rule<'io-limit'> = {
  id: 'io-limit',
  about: 'Somebody has an I/O limit and is at it: what waits, waits for the limit and not for the disk.',
  needs: ['limits'],
  thresholds: ['limit_share', 'throttled_ns_per_s'],
  rivals: ['slow-device', 'queueing', 'fsync-storm'],
  yieldsTo: [],
  examine(facts) {
    const hits = facts.limits.flatMap((row) => hitOf(row) ?? []).toSorted((a, b) => b.share - a.share);
    const hit = hits.find(({ share }) => over('limit_share', share));
    if (hit) return finding(facts, hit);
    const sql = limitsSql(facts.scope);
    const [nearest] = hits;
    return nearest
      ? {
          is: 'excluded',
          sentence: say('not.io-limit', { who: nearest.row.who, share_percent: nearest.share * 100 }),
          sql,
        }
      : { is: 'excluded', sentence: say('not.io-limit.none', { number_count: facts.limits.length }), sql };
  },
};

type Hit = { readonly row: LimitFact; readonly kind: keyof typeof KINDS; readonly share: number };

const KINDS = {
  rbps: ['read_bytes_per_s', 'read_bytes_per_s_max'],
  wbps: ['write_bytes_per_s', 'write_bytes_per_s_max'],
  riops: ['reads_per_s', 'reads_per_s_max'],
  wiops: ['writes_per_s', 'writes_per_s_max'],
} as const;
const kinds = ['rbps', 'wbps', 'riops', 'wiops'] as const;

/** The limit its busiest interval came closest to. */
function hitOf(row: LimitFact): Hit | undefined {
  const hits = kinds.flatMap((kind): Hit[] => {
    const [done, limit] = KINDS[kind];
    const allowed = row[limit];
    return allowed === null ? [] : [{ row, kind, share: (row[done] ?? 0) / allowed }];
  });
  return hits.toSorted((a, b) => b.share - a.share)[0];
}

function finding(facts: Facts, { row, kind, share }: Hit): Judgement {
  const { who, device, limited_cgroup_path } = row;
  const isTheirs = (each: { who: string; cgroup_path: string | null }): boolean => each.who === who;
  const held = facts.work.filter((each) => each.op === 'throttle_block' && isTheirs(each));
  const wait_ns_per_s = sumOf(held, (each) => each.wait_ns_per_s);
  const isProven = over('throttled_ns_per_s', wait_ns_per_s);
  const path = `/sys/fs/cgroup${limited_cgroup_path ?? ''}/io.max`;
  const amount = row[KINDS[kind][1]] ?? 0;
  const values = { who, device, kind, share_percent: share * 100 };
  return found({
    severity: 'serious',
    confidence: confidence(
      facts,
      isProven ? 0.95 : 0.8,
      say(isProven ? 'sure.io-limit.held' : 'sure.io-limit', { wait_ns_per_s }),
    ),
    share: shareOf(facts, isTheirs),
    sentence: kind.endsWith('bps')
      ? say('io-limit.bytes', { ...values, limit_bytes_per_s: amount })
      : say('io-limit.requests', { ...values, limit_per_s: amount }),
    who,
    device,
    proofs: [
      {
        title: say('proof.limit', { who }),
        sql: limitsSql(facts.scope, `cgroup_path = ${literal(limited_cgroup_path)}`),
      },
      ...(isProven
        ? [
            {
              title: say('proof.held', {}),
              sql: tableSql(facts.scope, {
                by: ['who', 'device'],
                of: { ops: ['throttle_block'] },
                measure: 'wait',
              }),
            },
          ]
        : []),
    ],
    mitigations: [
      { id: 'raise-io-limit', values: { path } },
      { id: 'batch-fsync', values: {} },
    ],
  });
}
