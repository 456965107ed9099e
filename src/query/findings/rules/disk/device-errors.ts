import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { groups, sumOf } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { found } from '../../finding.ts';
import { logSql } from '../../queries.ts';
import { DISK_OPS } from '../../share.ts';
import { doneSql } from '../../sql.ts';
import { WHO_NAME } from '../../../who.ts';

/** Levels of the kernel's log from which on something is broken. */
const ERROR_LEVEL = 3;

export const deviceErrors: Rule<'device-errors'> = {
  id: 'device-errors',
  about: 'A disk that fails requests, or of which the kernel says so.',
  needs: ['block'],
  thresholds: [],
  rivals: ['slow-device'],
  yieldsTo: [],
  examine(facts) {
    const failed = facts.work.filter(({ op, error_count }) => op.startsWith('block_') && error_count > 0);
    const lines = facts.kernel_log.filter(({ level, topic }) => level <= ERROR_LEVEL && topic !== 'memory');
    if (failed.length > 0 || lines.length > 0) return finding(facts, failed, lines);
    const sentence = facts.known.has('kernel_log')
      ? say('not.device-errors', {})
      : say('not.device-errors.no-log', {});
    return { is: 'excluded', sentence, sql: failedSql(facts) };
  },
};

const failedSql = ({ scope }: Facts): string => `${doneSql(scope, ['cgroup_key', 'device_key'], {
  ops: DISK_OPS,
  and: 'error_count > 0',
})}
SELECT device, op, ${WHO_NAME} AS who, sum(op_count) AS op_count, sum(error_count) AS error_count
FROM done WHERE phase = 'window' GROUP BY device, op, ${WHO_NAME} ORDER BY error_count DESC LIMIT 10`;

function finding(facts: Facts, failed: Facts['work'], lines: Facts['kernel_log']): Judgement {
  const error_count = sumOf(failed, (row) => row.error_count);
  const [worst] = groups(
    failed,
    ({ device }) => device ?? '',
    (row) => row.error_count,
  );
  const [line] = lines;
  const device = worst?.key ?? line?.device ?? '';
  return found({
    severity: 'critical',
    confidence: confidence(facts, 0.95, say('sure.device-errors', {})),
    share: null,
    sentence: worst
      ? say('device-errors', { device, error_count })
      : say('device-errors.log', { message: line?.message ?? '', line_count: line?.line_count ?? 0 }),
    device: device === '' ? null : device,
    proofs: [
      ...(worst ? [{ title: say('proof.failed', {}), sql: failedSql(facts) }] : []),
      ...(line ? [{ title: say('proof.kernel-log', {}), sql: logSql(facts.scope) }] : []),
    ],
    mitigations: [
      { id: 'replace-disk', values: {} },
      { id: 'check-disk', values: {} },
    ],
  });
}
