import { csv } from '../../query/render/csv.ts';
import { json } from '../../query/render/json.ts';
import { metricColumns, metricRows, metricsFormats, metricsText } from '../../query/render/metrics.ts';
import { metrics } from '../../query/reports/metrics.ts';
import { withRecording } from '../answer.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { choice, defineCommand, text } from '../command.ts';
import { firstFailure, oneOf, readCount, succeeded } from '../options/values.ts';
import { print } from '../output.ts';

const formats = [...metricsFormats, 'json', 'csv'] as const;

const options = {
  format: choice(formats, 'openmetrics'),
  limit: text('Containers and cgroups with samples of their own, at most', '500'),
} as const;

/** To a recording without a session there is nothing to say, which is no failure. */
async function runMetrics(typed: Global & Typed<typeof options>): Promise<Outcome> {
  const parts = {
    format: oneOf('--format', typed.format ?? 'openmetrics', formats),
    ownersMax: readCount('--limit', typed.limit ?? '500', 1),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const { format, ownersMax } = parts;
  return withRecording(typed.db, async (db) => {
    const families = metrics(db, ownersMax) ?? [];
    if (format === 'json') await print(json(metricColumns, metricRows(families)));
    else if (format === 'csv') await print(csv(metricColumns, metricRows(families)));
    else await print(metricsText(families, format));
    return 0;
  });
}

export const command = defineCommand({
  options,
  examples: [
    ['$0 metrics', 'OpenMetrics on stdout'],
    ['$0 metrics --format prometheus > iotrace.prom', "For node_exporter's textfile collector"],
  ],
  epilogue:
    'Counters since the session began. container_fs_… and container_blkio_… are named as in cAdvisor: keep the two apart by job.',
  run: runMetrics,
});
