import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import type { Load } from '../../loads.ts';
import { isSlow, loadsOf } from '../../loads.ts';
import { tableSql } from '../../sql.ts';
import { literal } from '../../../literal.ts';
import { DISK_LOADS, DISK_OPS, diskRelief, shareOfDevice } from '../../share.ts';
import { over } from '../../thresholds.ts';

export const queueing: Rule<'queueing'> = {
  id: 'queueing',
  about: 'More requests under way than the device serves at once: each waits for others.',
  needs: ['block'],
  thresholds: ['queue_length', 'slow_requests_per_s'],
  rivals: ['slow-device', 'io-limit'],
  yieldsTo: ['saturated-device', ...DISK_LOADS, 'io-limit'],
  examine(facts) {
    const [longest] = loadsOf(facts);
    if (!longest) return { is: 'unknown', missing: ['block'] };
    if (over('queue_length', longest.queue_length) && !isSlow(longest)) return found(facts, longest);
    const { device, queue_length } = longest;
    return { is: 'excluded', sentence: say('not.queueing', { device, queue_length }), sql: longest.sql };
  },
};

function found(facts: Facts, load: Load): Judgement {
  const { device, queue_length, await_ns, requests_per_s } = load;
  const of = { ops: DISK_OPS, and: `device = ${literal(device)}` };
  return {
    is: 'found',
    finding: {
      severity: 'serious',
      confidence: confidence(facts, 0.7, say('sure.queueing', {})),
      share: shareOfDevice(facts, device),
      sentence: say('queueing', { device, queue_length, await_ns, requests_per_s }),
      who: null,
      device,
      file_class: null,
      proofs: [
        { title: say('proof.device', { device }), sql: load.sql },
        {
          title: say('proof.device-who', { device }),
          sql: tableSql(facts.scope, { by: ['who', 'class', 'op'], of, measure: 'wait' }),
        },
      ],
      mitigations: diskRelief(facts, device),
    },
  };
}
