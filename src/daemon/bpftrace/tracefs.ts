import { existsSync } from 'node:fs';
import { run } from '../children.ts';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Where tracefs is mounted, if it is (kernel Documentation/trace/ftrace.rst). */
export function tracingFolder(): string | undefined {
  return PLACES.find((place) => existsSync(`${place}/events`));
}

/** Mounts it where it belongs: some minimal systems boot without. */
export async function mountTracefs(): Promise<string | undefined> {
  await run('mount', ['-t', 'tracefs', 'tracefs', '/sys/kernel/tracing']);
  return tracingFolder();
}
