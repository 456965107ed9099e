import { formatDuration, formatWall, zoneName } from '../../schema/units.ts';
import type { Explanation, Part } from '../reports/explain.ts';
import { ownerLabel } from './blame.ts';
import { slowTable } from './slow.ts';
import type { Screen } from './table.ts';
import { table } from './table.ts';

/** One slow operation for people: what it did with its time, and what went on meanwhile. */
export function explanationText(explanation: Explanation, screen: Screen): string {
  const { operation, parts, meanwhile, inflight } = explanation;
  const { latency_ns } = operation;
  const share = (ns: number): string => `${((100 * ns) / latency_ns).toFixed(0)} %`;
  const sections = [
    headline(explanation),
    table<Part>(
      [
        { header: 'part', align: 'left', text: ({ part }) => part },
        { header: 'time', align: 'right', text: (part) => formatDuration(part.latency_ns) },
        { header: 'share', align: 'right', text: (part) => share(part.latency_ns) },
      ],
      parts,
      screen,
    ),
  ];
  if (inflight.length > 0) {
    const owners = table<(typeof inflight)[number]>(
      [
        { header: 'in flight meanwhile: I/O of', align: 'left', text: ownerLabel, shrinkTo: 10 },
        { header: 'on', align: 'left', text: ({ device }) => device },
        { header: 'for', align: 'right', text: ({ overlap_ns_sum }) => formatDuration(overlap_ns_sum) },
        { header: 'share', align: 'right', text: ({ overlap_ns_sum }) => share(overlap_ns_sum) },
      ],
      inflight,
      screen,
    );
    sections.push(owners);
  }
  if (meanwhile.length > 0) sections.push(slowTable(meanwhile, screen));
  return sections.join('\n');
}

function headline({ operation }: Explanation): string {
  const { op, variant, file, device, process, pid, latency_ns, ended_us } = operation;
  const kind = op === 'fsync' && variant !== null ? variant : op;
  const who = [ownerLabel(operation), `${process ?? '(unknown)'} ${String(pid ?? '')}`.trimEnd()].join(', ');
  return `${kind} of ${file ?? '(unknown)'} on ${device ?? '(unknown)'} by ${who}: ${formatDuration(latency_ns)}, ended ${formatWall(ended_us)} ${zoneName(ended_us)}\n`;
}
