import { literal } from '../../../literal.ts';
import { say } from '../../catalogue/catalogue.ts';
import { confidence } from '../../confidence.ts';
import type { Facts } from '../../facts.ts';
import { sumOf } from '../../facts.ts';
import type { Rule, Judgement } from '../../finding.ts';
import { found } from '../../finding.ts';
import type { MountFact } from '../../queries.ts';
import { mountsSql } from '../../queries.ts';
import { isOnDisk, shareExplained } from '../../share.ts';
import { tableSql } from '../../sql.ts';
import { over } from '../../thresholds.ts';

const METADATA = ['fs_metadata', 'journal'];

export const atime: Rule<'atime'> = {
  id: 'atime',
  about: 'Reading files writes their inodes: a file system mounted with access times, mostly read.',
  needs: ['mounts', 'block', 'classes'],
  thresholds: ['atime_metadata_share', 'atime_writes_per_s'],
  rivals: ['fsync-storm', 'journal'],
  yieldsTo: [],
  examine(facts) {
    const cases = facts.mounts
      .filter((row) => row.atime === 'strictatime' && row.device !== null)
      .map((mount) => ({ mount, ...metadataWrites(facts, mount) }));
    const worst = cases.find(
      ({ ops_per_s, share }) => over('atime_metadata_share', share) && over('atime_writes_per_s', ops_per_s),
    );
    if (worst) return finding(facts, worst.mount, worst.ops_per_s, worst.share);
    return {
      is: 'excluded',
      sentence: say('not.atime', { mount_count: cases.length }),
      sql: mountsSql(facts.scope, `atime = 'strictatime'`),
    };
  },
};

/** Metadata writes of a disk a second, and their part of all its writes. */
function metadataWrites(facts: Facts, { device }: MountFact): { ops_per_s: number; share: number } {
  const writes = facts.work.filter((row) => row.op === 'block_write').filter(isOnDisk(facts, device ?? ''));
  const all = sumOf(writes, (row) => row.ops_per_s);
  const ops_per_s = sumOf(
    writes.filter((row) => METADATA.includes(row.class ?? '')),
    (row) => row.ops_per_s,
  );
  return { ops_per_s, share: all === 0 ? 0 : ops_per_s / all };
}

function finding(
  facts: Facts,
  { mount_point, device }: MountFact,
  ops_per_s: number,
  share: number,
): Judgement {
  const of = { ops: ['block_write'], and: `device = ${literal(device)}` };
  return found({
    severity: 'notice',
    confidence: confidence(facts, 0.5, say('sure.atime', {})),
    share: shareExplained(
      facts,
      (row) => row.op === 'block_write' && row.device === device && METADATA.includes(row.class ?? ''),
    ),
    sentence: say('atime', { mount_point, ops_per_s, share_percent: share * 100 }),
    device,
    file_class: 'fs_metadata',
    proofs: [
      {
        title: say('proof.mounts', {}),
        sql: mountsSql(facts.scope, `mount_point = ${literal(mount_point)}`),
      },
      {
        title: say('proof.written-class', {}),
        sql: tableSql(facts.scope, { by: ['class'], of, measure: 'ops' }),
      },
    ],
    mitigations: [{ id: 'noatime', values: { mount_point } }],
  });
}
