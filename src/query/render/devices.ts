import { formatCount, formatDuration } from '../../schema/units.ts';
import type { DeviceRow } from '../reports/devices.ts';
import type { Column, Screen } from './table.ts';
import { table } from './table.ts';

/** From here on a disk that serves one request at a time is busy without a break. */
const SATURATED_PERCENT = 95;

type Measure = Exclude<keyof DeviceRow, 'device'>;

/** Disks for people: the columns of `iostat -x` under its names, then what was traced. */
export function deviceTable(rows: readonly DeviceRow[], screen: Screen): string {
  return table(columns, rows, screen);
}

const columns: readonly Column<DeviceRow>[] = [
  { header: 'device', align: 'left', text: ({ device }) => device, shrinkTo: 8 },
  asIostat('r/s', 'reads_per_s'),
  asIostat('w/s', 'writes_per_s'),
  { ...asIostat('f/s', 'flushes_per_s'), drop: 'first' },
  asIostat('rkB/s', 'read_kib_per_s'),
  asIostat('wkB/s', 'write_kib_per_s'),
  asIostat('r_await', 'read_await_ms'),
  asIostat('w_await', 'write_await_ms'),
  { ...asIostat('f_await', 'flush_await_ms'), drop: 'first' },
  asIostat('aqu-sz', 'queue_length_mean'),
  { ...asIostat('%util', 'util_percent'), tone: isSaturated('util_percent') },
  { ...asIostat('max', 'util_percent_max'), tone: isSaturated('util_percent_max') },
  measured('traced', 'traced_op_count', formatCount),
  measured('queue', 'queue_latency_ns_mean', formatDuration),
  measured('service', 'device_latency_ns_mean', formatDuration),
];

/** Two decimals, as iostat prints; `-` where there is nothing to print. */
function asIostat(header: string, name: Measure): Column<DeviceRow> {
  return measured(header, name, (value) => value.toFixed(2));
}

function measured(header: string, name: Measure, format: (value: number) => string): Column<DeviceRow> {
  return {
    header,
    align: 'right',
    text: ({ [name]: value }) => (value === null ? '-' : format(value)),
  };
}

function isSaturated(name: Measure): (row: DeviceRow) => 'bad' | undefined {
  return ({ [name]: value }) => (value !== null && value >= SATURATED_PERCENT ? 'bad' : undefined);
}
