import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Rule } from '../../finding.ts';
import { found } from '../../finding.ts';
import { queries } from '../../queries.ts';
import { over, thresholds } from '../../thresholds.ts';

export const swap: Rule<'swap'> = {
  id: 'swap',
  about: 'Memory that is on the disk.',
  needs: ['host'],
  thresholds: ['swap_bytes_per_s', 'grown_times'],
  rivals: ['layer-reads', 'saturated-device'],
  yieldsTo: [],
  examine(facts) {
    const [host] = facts.host;
    const swap_in_bytes_per_s = host?.swap_in_bytes_per_s ?? 0;
    const swap_out_bytes_per_s = host?.swap_out_bytes_per_s ?? 0;
    const both = swap_in_bytes_per_s + swap_out_bytes_per_s;
    const isUsual = (host?.before_swap_bytes_per_s ?? 0) * thresholds.grown_times.value > both;
    const sql = queries.host(facts.scope);
    if (!over('swap_bytes_per_s', both) || isUsual) {
      return {
        is: 'excluded',
        sentence: say('not.swap', { swap_in_bytes_per_s, swap_out_bytes_per_s }),
        sql,
      };
    }
    return found({
      severity: 'serious',
      confidence: confidence(facts, 0.9, say('sure.swap', {})),
      share: null,
      sentence: say('swap', { swap_in_bytes_per_s, swap_out_bytes_per_s }),
      file_class: 'swap',
      proofs: [{ title: say('coverage_record.host', {}), sql }],
      mitigations: [{ id: 'less-swap', values: {} }],
    });
  },
};
