import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { isSlow, loadsOf } from '../../loads.ts';
import type { DeviceFact } from '../../queries.ts';
import { devicesSql } from '../../queries.ts';
import { tableSql } from '../../sql.ts';
import { literal } from '../../../literal.ts';
import { over } from '../../thresholds.ts';
import { DISK_LOADS, DISK_OPS, diskRelief, shareOfDevice } from '../../share.ts';

export const saturatedDevice: Rule<'saturated-device'> = {
  id: 'saturated-device',
  about: 'A device that has no time left, with requests waiting for it.',
  needs: ['devices'],
  thresholds: ['busy_percent', 'busy_share', 'queue_length'],
  rivals: ['slow-device', 'io-limit', 'device-errors'],
  yieldsTo: [...DISK_LOADS, 'slow-device'],
  examine(facts) {
    const busiest = facts.devices.toSorted((a, b) => b.queue_length_max - a.queue_length_max);
    const full = busiest.find((row) => isSaturated(facts, row));
    if (full) return found(facts, full);
    const most = facts.devices.toSorted((a, b) => b.util_percent_max - a.util_percent_max)[0];
    return {
      is: 'excluded',
      sentence: say('not.saturated-device', {
        device: most?.device ?? '-',
        util_percent_max: most?.util_percent_max ?? 0,
        queue_length_max: most?.queue_length_max ?? 0,
      }),
      sql: devicesSql(facts.scope, most ? `device = ${literal(most.device)}` : 'TRUE'),
    };
  },
};

function isSaturated(facts: Facts, row: DeviceFact): boolean {
  const isLong = over('busy_share', row.busy_s / facts.window_s);
  const isSlowItself = loadsOf(facts).some((load) => load.device === row.device && isSlow(load));
  return isLong && over('queue_length', row.queue_length_max) && !isSlowItself;
}

function found(facts: Facts, row: DeviceFact): Judgement {
  const { device } = row;
  const of = { ops: DISK_OPS, and: `device = ${literal(device)}` };
  return {
    is: 'found',
    finding: {
      severity: 'serious',
      confidence: confidence(facts, 0.8, say('sure.saturated-device', {})),
      share: shareOfDevice(facts, device),
      sentence: say('saturated-device', {
        device,
        util_percent: row.util_percent,
        queue_length: row.queue_length,
        await_ns: row.await_ns,
      }),
      who: null,
      device,
      file_class: null,
      proofs: [
        {
          title: say('proof.device', { device }),
          sql: devicesSql(facts.scope, `device = ${literal(device)}`),
        },
        {
          title: say('proof.device-who', { device }),
          sql: tableSql(facts.scope, { by: ['who', 'class', 'op'], of, measure: 'bytes' }),
        },
      ],
      mitigations: diskRelief(facts, device),
    },
  };
}
