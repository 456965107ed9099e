import type { Failure } from '../../failure.ts';
import { formatBytes, formatElapsed } from '../../schema/units.ts';
import type { Coverage } from '../reports/coverage.ts';
import type { HostIo } from '../reports/devices.ts';
import type { Sampling } from '../reports/sampling.ts';
import type { Window } from '../window.ts';
import { nothingRecorded, span } from './footnotes.ts';
import { visible } from './text.ts';

/** What stands under an answer from samples: its extent, and what could not be sampled. */
export function sampleNotes(
  row_count: number,
  window: Window,
  coverage: Coverage,
  { sampled_us, gaps, absent }: Sampling,
): string[] | Failure {
  const nothing = sampled_us === 0 ? nothingRecorded(window, coverage) : undefined;
  if (nothing) return nothing;
  const asked = window.toUs - window.fromUs;
  const share = sampled_us < 0.9 * asked ? `, sampled: ${formatElapsed(sampled_us)} of it` : '';
  return [
    `${String(row_count)} ${row_count === 1 ? 'row' : 'rows'}, ${span(window)}${share}`,
    ...absent.map((name) => `not sampled: ${name} did not run (--samplers)`),
    ...gaps.map(({ sampler, subject, state, reason, fix }) => {
      const what = subject === sampler ? sampler : `${sampler} ${subject}`;
      const how = state === 'partial' ? 'partly sampled' : 'not sampled';
      return visible(`${how}: ${what}: ${reason}${fix === null ? '' : `. To fix: ${fix}`}`);
    }),
  ];
}

/** `host: iowait 12.3 %, some task waited for I/O 8.10 % of the time, all did 2.00 %; …`. */
export function hostLine(host: HostIo): string[] {
  const percent = (value: number): string => `${value.toFixed(2)} %`;
  const parts = [
    ...(host.iowait_percent === null ? [] : [`iowait ${percent(host.iowait_percent)}`]),
    ...(host.io_some_percent === null
      ? []
      : [`tasks waited for I/O ${percent(host.io_some_percent)} of the time`]),
    ...(host.io_full_percent === null ? [] : [`all of them at once ${percent(host.io_full_percent)}`]),
    ...(host.dirty_bytes_max === null ? [] : [`dirty memory up to ${formatBytes(host.dirty_bytes_max)}`]),
    ...(host.dirty_limit_bytes === null
      ? []
      : [`writers are held up at ${formatBytes(host.dirty_limit_bytes)}`]),
  ];
  return parts.length === 0 ? [] : [`host: ${parts.join(', ')}`];
}
