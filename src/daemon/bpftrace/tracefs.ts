import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Where tracefs is mounted, if it is (kernel Documentation/trace/ftrace.rst). */
export function tracingFolder(): string | undefined {
  return PLACES.find((place) => existsSync(`${place}/events`));
}

/** Mounts it where it belongs: some minimal systems boot without. */
export function mountTracefs(): string | undefined {
  spawnSync('mount', ['-t', 'tracefs', 'tracefs', '/sys/kernel/tracing']);
  return tracingFolder();
}
