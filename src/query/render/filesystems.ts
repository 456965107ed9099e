import { formatBytes, formatCount } from '../../schema/units.ts';
import type { FilesystemRow } from '../reports/filesystems.ts';
import type { Column, Screen } from './table.ts';
import { table } from './table.ts';

const FULL_PERCENT = 90;

/** File systems for people, as `df` and `df -i` put it. */
export function filesystemTable(rows: readonly FilesystemRow[], screen: Screen): string {
  return table(columns, rows, screen);
}

const columns: readonly Column<FilesystemRow>[] = [
  { header: 'mounted on', align: 'left', text: ({ mount_point }) => mount_point, shrinkTo: 12 },
  { header: 'device', align: 'left', text: ({ device }) => device, drop: 'second' },
  { header: 'type', align: 'left', text: ({ fs_type }) => fs_type, drop: 'first' },
  { header: 'size', align: 'right', text: ({ size_bytes }) => formatBytes(size_bytes) },
  { header: 'avail', align: 'right', text: ({ available_bytes }) => formatBytes(available_bytes) },
  {
    header: 'use%',
    align: 'right',
    text: ({ used_percent }) => percent(used_percent),
    tone: ({ used_percent }) => tone(used_percent),
  },
  {
    header: 'change',
    align: 'right',
    text: ({ used_bytes_change }) => signed(used_bytes_change, formatBytes),
    drop: 'last',
  },
  { header: 'inodes', align: 'right', text: ({ inode_count }) => count(inode_count) },
  { header: 'ifree', align: 'right', text: ({ inode_free_count }) => count(inode_free_count) },
  {
    header: 'iuse%',
    align: 'right',
    text: ({ inode_used_percent }) => percent(inode_used_percent),
    tone: ({ inode_used_percent }) => tone(inode_used_percent),
  },
  {
    header: 'change',
    align: 'right',
    text: ({ inode_used_count_change: change }) => (change === null ? '-' : signed(change, formatCount)),
    drop: 'last',
  },
  { header: 'holds', align: 'left', text: ({ holds }) => holds, shrinkTo: 10 },
];

const count = (value: number | null): string => (value === null ? '-' : formatCount(value));
const percent = (value: number | null): string => (value === null ? '-' : value.toFixed(1));
const tone = (value: number | null): 'bad' | undefined =>
  value !== null && value >= FULL_PERCENT ? 'bad' : undefined;

function signed(value: number, format: (value: number) => string): string {
  if (value === 0) return '0';
  return value < 0 ? `-${format(-value)}` : `+${format(value)}`;
}
