import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups, sumOf } from '../../facts.ts';
import type { Mitigation, Rule, Judgement } from '../../finding.ts';
import { found } from '../../finding.ts';
import type { WorkFact } from '../../queries.ts';
import { queries } from '../../queries.ts';
import { shareInside } from '../../share.ts';
import { compareSql, tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';

export const dirtyThrottling: Rule<'dirty-throttling'> = {
  id: 'dirty-throttling',
  about: 'The kernel puts writers to sleep that dirty memory faster than the disk takes it.',
  needs: ['throttle'],
  thresholds: ['throttled_ns_per_s', 'node_dirty_share'],
  rivals: ['io-limit', 'saturated-device', 'slow-device'],
  yieldsTo: ['io-limit'],
  examine(facts) {
    const pauses = facts.work.filter(({ op }) => op === 'throttle_dirty');
    const [most] = groups(
      pauses,
      ({ who }) => who,
      (row) => row.wait_ns_per_s,
    );
    if (most && over('throttled_ns_per_s', most.size)) return finding(facts, most.rows);
    return {
      is: 'excluded',
      sentence: say('not.dirty-throttling', { wait_ns_per_s: sumOf(pauses, (row) => row.wait_ns_per_s) }),
      sql: tableSql(facts.scope, { by: ['op'], of: { ops: ['throttle_dirty'] }, measure: 'wait' }),
    };
  },
};

function finding(facts: Facts, rows: readonly [WorkFact, ...WorkFact[]]): Judgement {
  const [first] = rows;
  const { who } = first;
  const wait_ns_per_s = sumOf(rows, (row) => row.wait_ns_per_s);
  const isOfMemory = isHeldByMemory(facts, who);
  const values = { who, wait_ns_per_s };
  return found({
    severity: 'serious',
    confidence: confidence(facts, 0.9, say('sure.dirty-throttling', {})),
    share: shareInside(facts, rows, ['write', 'open', 'fsync']),
    sentence: isOfMemory ? say('dirty-throttling.memory', values) : say('dirty-throttling', values),
    who,
    proofs: [
      {
        title: say('proof.throttled', { who }),
        sql: compareSql(facts.scope, { ops: ['throttle_dirty'], who: first }),
      },
      {
        title: say('proof.throttled-who', {}),
        sql: tableSql(facts.scope, {
          by: ['who', 'process'],
          of: { ops: ['throttle_dirty'] },
          measure: 'wait',
        }),
      },
      { title: say('coverage_record.host', {}), sql: queries.host(facts.scope) },
    ],
    mitigations: isOfMemory ? OF_MEMORY : OF_NODE,
  });
}

/** Whether it is the memory limit of a cgroup, of which dirty memory may be a part only, and not that of the node. */
function isHeldByMemory({ memory_limits, host }: Facts, who: string): boolean {
  const { unwritten_bytes_max = null, dirty_limit_bytes = null } = host[0] ?? {};
  const isNodeFar =
    unwritten_bytes_max !== null &&
    dirty_limit_bytes !== null &&
    !over('node_dirty_share', unwritten_bytes_max / dirty_limit_bytes);
  return who !== '/' && (isNodeFar || memory_limits.some((row) => row.who === who));
}

const OF_MEMORY: readonly Mitigation[] = [
  { id: 'memory-limit', values: {} },
  { id: 'own-disk', values: {} },
];
const OF_NODE: readonly Mitigation[] = [
  { id: 'dirty-limits', values: {} },
  { id: 'own-disk', values: {} },
  { id: 'faster-disk', values: {} },
];
