import { defineCommand } from '../command.ts';
import { daemonOptions } from '../options/recording.ts';
import { runRecord } from './record.ts';

export const command = defineCommand({
  options: daemonOptions,
  examples: [['sudo $0 daemon --keep 14d --max-cpu 5%', 'Two weeks of intervals, at most 5 % of a CPU']],
  run: runRecord,
});
