import { formatBytes, formatCount, formatDuration } from '../../schema/units.ts';
import type { Dimension, TopRow } from '../reports/top.ts';
import { hasPercentiles } from '../reports/top.ts';
import type { Column, Screen } from './table.ts';
import { table } from './table.ts';

/** The rows of `top` for people. */
export function topTable(by: readonly Dimension[], rows: readonly TopRow[], screen: Screen): string {
  return table([...groupColumns(by, rows), ...totalColumns(rows), ...latencyColumns(by, rows)], rows, screen);
}

/** The same per second of the time that was recorded. */
export function topRateTable(
  by: readonly Dimension[],
  rows: readonly TopRow[],
  recordedUs: number,
  screen: Screen,
): string {
  const columns = [...groupColumns(by, rows), ...rateColumns(rows, recordedUs / 1e6)];
  return table([...columns, ...latencyColumns(by, rows)], rows, screen);
}

type Named = {
  readonly container: string | null;
  readonly pod: string | null;
  readonly namespace: string | null;
  readonly cgroup_path: string | null;
};

/** `namespace/pod/container`, or the cgroup (with its leading slash) of what runs outside containers. */
export function containerLabel(row: Named): string {
  if (row.container === null) return row.cgroup_path ?? '(gone)';
  return [row.namespace, row.pod, row.container].filter((part) => part !== null).join('/');
}

function podLabel(row: Named): string {
  if (row.pod === null) return containerLabel(row);
  return row.namespace === null ? row.pod : `${row.namespace}/${row.pod}`;
}

const isOutside = ({ container }: Named): boolean => container === null;

function groupColumns(by: readonly Dimension[], rows: readonly TopRow[]): Column<TopRow>[] {
  const names = [...new Set(by)].flatMap((dimension) => dimensionColumns(dimension, by, rows));
  const op: Column<TopRow> = { header: 'op', align: 'left', text: ({ op }) => op };
  return [...names, op];
}

function dimensionColumns(
  dimension: Dimension,
  by: readonly Dimension[],
  rows: readonly TopRow[],
): Column<TopRow>[] {
  switch (dimension) {
    case 'container':
      return [containerColumn];
    case 'pod':
      return [{ header: 'pod', align: 'left', text: podLabel, shrinkTo: 12, tone: faintOutside }];
    case 'cgroup':
      return [
        { header: 'cgroup', align: 'left', text: ({ cgroup_path }) => cgroup_path ?? '(gone)', shrinkTo: 16 },
        ...(rows.every(isOutside) || by.includes('container')
          ? []
          : [{ ...ownerColumn, drop: 'last' as const }]),
      ];
    case 'process':
      return [...(by.includes('container') ? [] : [containerColumn]), processColumn];
    case 'pid':
      return [
        ...(by.includes('container') || by.includes('process') ? [] : [containerColumn]),
        ...(by.includes('process') ? [] : [processColumn]),
        { header: 'pid', align: 'right', text: ({ pid }) => String(pid ?? '') },
      ];
    case 'file':
      return [
        ...(rows.every(isOutside) || by.some((each) => namesContainer.includes(each)) ? [] : [ownerColumn]),
        { header: 'file', align: 'left', text: ({ file }) => file ?? '(unknown)', shrinkTo: 12 },
      ];
    case 'class':
      return [{ header: 'class', align: 'left', text: (row) => row.class ?? '(unknown)' }];
    case 'place':
      return [{ header: 'place', align: 'left', text: ({ place }) => place ?? '(unknown)' }];
    case 'device':
      return [{ header: 'device', align: 'left', text: ({ device }) => device ?? '(unknown)', shrinkTo: 8 }];
    case 'sync_kind':
      return [{ header: 'sync_kind', align: 'left', text: ({ sync_kind }) => sync_kind ?? '-' }];
  }
}

/** Dimensions whose rows show their container. */
const namesContainer: readonly Dimension[] = ['container', 'process', 'pid'];

const faintOutside = (row: TopRow): 'faint' | undefined => (isOutside(row) ? 'faint' : undefined);

const containerColumn: Column<TopRow> = {
  header: 'container',
  align: 'left',
  text: containerLabel,
  shrinkTo: 12,
  tone: faintOutside,
};

const processColumn: Column<TopRow> = {
  header: 'process',
  align: 'left',
  text: ({ process }) => process ?? '(unknown)',
  shrinkTo: 8,
};

/** The container beside something that names its place already. */
const ownerColumn: Column<TopRow> = {
  ...containerColumn,
  text: (row) => (isOutside(row) ? '-' : containerLabel(row)),
};

function totalColumns(rows: readonly TopRow[]): Column<TopRow>[] {
  return [
    { header: 'ops', align: 'right', text: ({ op_count }) => formatCount(op_count) },
    ...(hasErrors(rows) ? [errorColumn] : []),
    { header: 'size', align: 'right', text: (row) => sizeText(row, 1), drop: 'last' },
    { header: 'latency', align: 'right', text: ({ latency_ns_sum }) => formatDuration(latency_ns_sum) },
  ];
}

function rateColumns(rows: readonly TopRow[], seconds: number): Column<TopRow>[] {
  return [
    { header: 'ops/s', align: 'right', text: ({ op_count }) => rate(op_count / seconds) },
    ...(hasErrors(rows) ? [{ ...errorColumn, drop: 'first' as const }] : []),
    { header: 'size/s', align: 'right', text: (row) => sizeText(row, seconds), drop: 'last' },
    {
      header: 'latency/s',
      align: 'right',
      text: ({ latency_ns_sum }) => formatDuration(latency_ns_sum / seconds),
      drop: 'second',
    },
  ];
}

const hasErrors = (rows: readonly TopRow[]): boolean => rows.some(({ error_count }) => error_count > 0);

function rate(perSecond: number): string {
  if (perSecond >= 100) return formatCount(Math.round(perSecond));
  return perSecond >= 10 ? perSecond.toFixed(1) : perSecond.toFixed(2);
}

function latencyColumns(by: readonly Dimension[], rows: readonly TopRow[]): Column<TopRow>[] {
  return [
    ...(hasPercentiles(by) && rows.some(({ latency_ns_p99 }) => latency_ns_p99 !== null)
      ? percentileColumns
      : []),
    { header: 'max', align: 'right', text: ({ latency_ns_max }) => formatDuration(latency_ns_max) },
  ];
}

const errorColumn: Column<TopRow> = {
  header: 'errors',
  align: 'right',
  text: ({ error_count }) => formatCount(error_count),
  tone: ({ error_count }) => (error_count > 0 ? 'bad' : 'faint'),
};

const orDash = (ns: number | null): string => (ns === null ? '-' : formatDuration(ns));

const percentileColumns: Column<TopRow>[] = [
  { header: 'p50', align: 'right', text: ({ latency_ns_p50 }) => orDash(latency_ns_p50), drop: 'second' },
  { header: 'p95', align: 'right', text: ({ latency_ns_p95 }) => orDash(latency_ns_p95), drop: 'first' },
  { header: 'p99', align: 'right', text: ({ latency_ns_p99 }) => orDash(latency_ns_p99) },
];

/** A sync or a flush moves no bytes of its own; a copy-up of an empty file moves none indeed. */
function sizeText({ op, size_bytes_sum }: TopRow, seconds: number): string {
  const hasNoSize = op === 'fsync' || op === 'block_flush';
  return hasNoSize && size_bytes_sum === 0 ? '-' : formatBytes(Math.round(size_bytes_sum / seconds));
}
