import { formatDuration } from '../../schema/units.ts';
import type { Blame, BlameRow } from '../reports/blame.ts';
import type { Screen } from './table.ts';
import { table } from './table.ts';

/** Whose I/O was in flight while a container's slow operations were under way, for people. */
export function blameTable(rows: readonly BlameRow[], screen: Screen): string {
  return table<BlameRow>(
    [
      { header: 'its op', align: 'left', text: ({ op }) => op },
      { header: 'slow ops', align: 'right', text: ({ op_count }) => String(op_count) },
      { header: 'waited', align: 'right', text: ({ latency_ns_sum }) => formatDuration(latency_ns_sum) },
      { header: 'beside I/O of', align: 'left', text: ownerLabel, shrinkTo: 10 },
      { header: 'on', align: 'left', text: ({ device }) => device },
      { header: 'for', align: 'right', text: ({ overlap_ns_sum }) => formatDuration(overlap_ns_sum) },
      { header: 'share', align: 'right', text: shareOf },
    ],
    rows,
    screen,
  );
}

/** The answer in a sentence, under the table. */
export function blameSentence(victim: string, { rows, slow_op_count, isRecorded }: Blame): string {
  if (slow_op_count === 0) return `${victim} had no slow operations in the window.`;
  if (!isRecorded)
    return `Whose I/O was in flight while ${victim} waited was not recorded: iotrace status says why.`;
  const [other] = rows.filter(({ is_self }) => is_self === 0);
  if (!other) return `Nobody else's I/O was in flight while ${victim} waited, as far as was recorded.`;
  return `Most of the time it was ${ownerLabel(other)}: ${shareOf(other)} of what ${victim} waited in ${other.op}.`;
}

export function ownerLabel({
  container,
  cgroup_path,
  is_self,
}: Pick<BlameRow, 'container' | 'cgroup_path'> & { readonly is_self?: 0 | 1 }): string {
  const name = container ?? cgroup_path ?? '(unknown)';
  return is_self === 1 ? `${name} (itself)` : name;
}

function shareOf({ overlap_ns_sum, latency_ns_sum }: BlameRow): string {
  return `${((100 * overlap_ns_sum) / latency_ns_sum).toFixed(0)} %`;
}
