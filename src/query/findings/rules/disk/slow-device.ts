import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import type { Load } from '../../loads.ts';
import { isSlow, loadsOf } from '../../loads.ts';
import { shareOfDevice } from '../../share.ts';

export const slowDevice: Rule<'slow-device'> = {
  id: 'slow-device',
  about: 'A device that takes long for each request although it has few.',
  needs: ['block'],
  thresholds: [
    'slow_request_flash_ns',
    'slow_request_rotational_ns',
    'slow_times',
    'transfer_bytes_per_s',
    'queue_length',
    'slow_requests_per_s',
    'waiting_ns_per_s',
  ],
  rivals: ['saturated-device', 'queueing', 'fsync-storm', 'io-limit', 'device-errors'],
  yieldsTo: ['device-errors', 'io-limit'],
  examine(facts) {
    const loads = loadsOf(facts).toSorted((a, b) => b.await_ns - a.await_ns);
    const slow = loads.find(isSlow);
    if (slow) return found(facts, slow);
    const [worst] = loads;
    if (!worst) return { is: 'unknown', missing: ['block'] };
    const { device, await_ns, before_await_ns, requests_per_s } = worst;
    const values = { device, await_ns, requests_per_s };
    return {
      is: 'excluded',
      sentence:
        before_await_ns === null
          ? say('not.slow-device', values)
          : say('not.slow-device.grown', { ...values, before_await_ns }),
      sql: worst.sql,
    };
  },
};

function found(facts: Facts, load: Load): Judgement {
  const { device, await_ns, before_await_ns, requests_per_s, queue_length } = load;
  return {
    is: 'found',
    finding: {
      severity: 'serious',
      confidence: confidence(facts, 0.85, say('sure.slow-device', { requests_per_s, queue_length })),
      share: shareOfDevice(facts, device),
      sentence:
        before_await_ns === null
          ? say('slow-device', { device, await_ns, requests_per_s })
          : say('slow-device.grown', { device, before_await_ns, await_ns, requests_per_s }),
      who: null,
      device,
      file_class: null,
      proofs: [{ title: say('proof.device', { device }), sql: load.sql }],
      mitigations: [
        { id: 'check-disk', values: {} },
        { id: 'faster-disk', values: {} },
      ],
    },
  };
}
