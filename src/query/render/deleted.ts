import { formatBytes, formatWall, zoneName } from '../../schema/units.ts';
import type { DeletedRow } from '../reports/deleted.ts';
import type { Screen } from './table.ts';
import { table } from './table.ts';
import { containerLabel } from './top.ts';

/** Deleted files for people, one line each. */
export function deletedTable(rows: readonly DeletedRow[], isLive: boolean, screen: Screen): string {
  return table(
    [
      { header: 'space', align: 'right', text: ({ allocated_bytes }) => formatBytes(allocated_bytes) },
      {
        header: 'size',
        align: 'right',
        text: ({ size_bytes }) => formatBytes(size_bytes),
        drop: 'first',
      },
      { header: 'container', align: 'left', text: containerLabel, shrinkTo: 10 },
      { header: 'process', align: 'left', text: processLabel, shrinkTo: 8 },
      { header: 'held by', align: 'left', text: holderLabel },
      { header: 'device', align: 'left', text: ({ device }) => device ?? '-', drop: 'second' },
      ...(isLive
        ? []
        : [
            {
              header: `last seen (${zoneName(rows[0]?.last_seen_us)})`,
              align: 'left' as const,
              text: ({ last_seen_us }: DeletedRow) => formatWall(last_seen_us).slice(0, 19),
            },
          ]),
      { header: 'path', align: 'left', text: ({ path }) => path, shrinkTo: 12 },
    ],
    rows,
    screen,
  );
}

function processLabel({ process, pid }: DeletedRow): string {
  return `${process ?? '(unknown)'} ${String(pid ?? '')}`.trimEnd();
}

function holderLabel({ held_by, holder_count }: DeletedRow): string {
  return holder_count > 1 ? `${held_by}, ${String(holder_count)} processes` : held_by;
}
