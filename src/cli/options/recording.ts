import type { Failure } from '../../failure.ts';
import type { SamplerName } from '../../schema/samplers.ts';
import { samplerNames } from '../../schema/samplers.ts';
import type { Typed } from '../command.ts';
import { flag, text } from '../command.ts';
import type { DocumentFormat } from './list.ts';
import { documentFormats, readDocumentFormat } from './list.ts';
import {
  conflict,
  firstFailure,
  listOf,
  noValue,
  readBytes,
  readCount,
  readDuration,
  readPercent,
  succeeded,
} from './values.ts';

export const daemonOptions = {
  interval: text('Totals are stored this often', '5s'),
  slow: text('Operations at least this slow are kept as single events', '10ms'),
  exemplars: text('Single events kept per second and operation, at most', '50'),
  'map-memory': text('Kernel memory for counting, at most', '64MiB'),
  'max-cpu': text('Shed detail above this share of one CPU, kernel and user; never totals', '10%'),
  'no-realtime': flag('Leave bpftrace at ordinary priority, also on preemptible kernels'),
  config: {
    ...text('File with file classes of your own: docs/classes.md', '/etc/iotrace/config.json'),
    values: 'file',
  },
  samplers: {
    ...text(`Read beside the probes: ${samplerNames.join(', ')}`, 'all'),
    values: samplerNames,
    isList: true,
  },
  'no-samplers': flag('Read none of them'),
  keep: text('Intervals are kept this long, hours at least 90d', '7d'),
  'max-database': text('The oldest goes when the database would be larger', '2GiB'),
  format: {
    ...text(`What is said at the end, one of ${documentFormats.join(', ')}`, 'text'),
    values: documentFormats,
  },
} as const;

export const recordOptions = {
  for: text('Stop after this long', 'until Ctrl-C'),
  ...daemonOptions,
  top: flag('Show the totals when the recording ends'),
  live: flag('Show the totals on this terminal meanwhile; q ends both'),
} as const;

export type RecordTyped = Typed<typeof recordOptions>;

export type RecordingArguments = {
  readonly forMs: number | undefined;
  readonly intervalMs: number;
  readonly slowNs: number;
  readonly exemplarsPerSecond: number;
  readonly mapMemoryBytes: number;
  readonly maxCpuPercent: number;
  readonly mayBeRealtime: boolean;
  readonly configPath: string | undefined;
  readonly samplers: readonly SamplerName[];
  readonly keepMs: number;
  readonly maxDatabaseBytes: number;
  readonly format: DocumentFormat;
};

export function readRecording(typed: RecordTyped): RecordingArguments | Failure {
  const parts = {
    forNs: typed.for === undefined ? undefined : readDuration('--for', typed.for, '1s', '30d'),
    intervalNs: readDuration('--interval', typed.interval ?? '5s', '100ms', '1h'),
    slowNs: readDuration('--slow', typed.slow ?? '10ms', '0ns', '1h'),
    exemplarsPerSecond: readCount('--exemplars', typed.exemplars ?? '50', 0),
    mapMemoryBytes: readBytes('--map-memory', typed['map-memory'] ?? '64MiB', '8MiB', '16GiB'),
    keepNs: readDuration('--keep', typed.keep ?? '7d', '2h', '3650d'),
    maxDatabaseBytes: readBytes('--max-database', typed['max-database'] ?? '2GiB', '16MiB', '16384GiB'),
    maxCpuPercent: readPercent('--max-cpu', typed['max-cpu'] ?? '10%', 0.1, 10_000),
    samplers: readSamplers(typed),
    format: readDocumentFormat(typed),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const { forNs, intervalNs, slowNs, keepNs, ...settings } = parts;
  if (typed.config === '') return noValue('--config', 'its file', 'iotrace.json');
  if (typed.top === true && typed.live === true) return conflict('--top', '--live', 'both show the totals');
  const clash = typed.live === true && parts.format !== 'text';
  if (clash) return conflict('--live', `--format ${parts.format}`, 'it draws on the terminal');
  return {
    forMs: forNs === undefined ? undefined : Math.round(forNs / 1e6),
    intervalMs: Math.round(intervalNs / 1e6),
    slowNs,
    keepMs: Math.round(keepNs / 1e6),
    ...settings,
    mayBeRealtime: typed['no-realtime'] !== true,
    configPath: typed.config,
  };
}

function readSamplers(typed: Typed<typeof daemonOptions>): readonly SamplerName[] | Failure {
  const { samplers } = typed;
  if (typed['no-samplers'] !== true) {
    return samplers === undefined ? samplerNames : listOf('--samplers', samplers, samplerNames);
  }
  return samplers === undefined ? [] : conflict('--samplers', '--no-samplers', 'one of them is too much');
}
