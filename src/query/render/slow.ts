import { getSystemErrorName } from 'node:util';
import { formatBytes, formatDuration, formatWall, zoneName } from '../../schema/units.ts';
import type { SlowRow } from '../reports/slow.ts';
import type { Column, Screen } from './table.ts';
import { table } from './table.ts';
import { containerLabel } from './top.ts';

/** Single operations for people, one line each. */
export function slowTable(rows: readonly SlowRow[], screen: Screen): string {
  const days = new Set(rows.map(({ ended_us }) => formatWall(ended_us).slice(0, 10)));
  const [day] = days;
  // The date once, in the header, when it is the same all over.
  const isOneDay = days.size === 1 && day !== undefined;
  const zone = zoneName(rows[0]?.ended_us);
  const time: Column<SlowRow> = {
    header: isOneDay ? `${day} ${zone}` : `time (${zone})`,
    align: 'left',
    text: ({ ended_us }) => formatWall(ended_us).slice(isOneDay ? 11 : 0),
  };
  const id: Column<SlowRow> = {
    header: 'id',
    align: 'right',
    text: ({ exemplar_id }) => String(exemplar_id),
    drop: 'last',
  };
  return table([time, id, ...columns(rows)], rows, screen);
}

function columns(rows: readonly SlowRow[]): Column<SlowRow>[] {
  const hasErrors = rows.some(({ error }) => error !== 0);
  return [
    { header: 'latency', align: 'right', text: ({ latency_ns }) => formatDuration(latency_ns) },
    { header: 'op', align: 'left', text: operation },
    {
      header: 'size',
      align: 'right',
      text: ({ size_bytes }) => (size_bytes === 0 ? '-' : formatBytes(size_bytes)),
      drop: 'last',
    },
    ...(hasErrors ? [errorColumn] : []),
    { header: 'container', align: 'left', text: containerLabel, shrinkTo: 10 },
    { header: 'process', align: 'left', text: processLabel, shrinkTo: 8, drop: 'second' },
    { header: 'class', align: 'left', text: (row) => row.class, drop: 'first' },
    { header: 'file', align: 'left', text: ({ file }) => file ?? '(unknown)', shrinkTo: 12 },
  ];
}

const errorColumn: Column<SlowRow> = {
  header: 'error',
  align: 'left',
  text: ({ error }) => (error === 0 ? '' : errorName(error)),
  tone: () => 'bad',
};

function operation({ op, variant }: SlowRow): string {
  return variant === null || variant === op ? op : `${op} ${variant}`;
}

function processLabel({ process, pid }: SlowRow): string {
  return `${process ?? '(unknown)'} ${String(pid ?? '')}`.trimEnd();
}

function errorName(error: number): string {
  const name = getSystemErrorName(-Math.abs(error));
  return name.startsWith('Unknown') ? String(error) : name;
}
