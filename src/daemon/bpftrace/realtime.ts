import { readFileSync } from 'node:fs';
import { run } from '../children.ts';
import { atLeast } from './capabilities.ts';
import type { Version } from './capabilities.ts';
import { hostRoots } from '../lookups/roots.ts';
import type { Roots } from '../lookups/roots.ts';

/**
 * bpf(2) keeps tracing programs off its CPU while it reads a map (bpf_disable_instrumentation). Where the
 * kernel takes the CPU away in there, it skips the programs of all that run until bpftrace has it back.
 * From a real-time task no ordinary one takes it.
 */
export async function makeRealtime(pid: number): Promise<void> {
  const words = ['-a', '-f', '-p', '1', String(pid)];
  const { failed, seen } = await run('chrt', words);
  if (!failed) return;
  process.stderr.write(
    `iotrace: bpftrace stays at ordinary priority (${seen}): ` +
      'where this kernel preempts it, probes may be skipped; `iotrace status` says how many were\n',
  );
}

/** Whether a task can lose the CPU inside the kernel: its preemption model is `full` or `lazy`. */
export function isPreemptible(kernelVersion: Version, { sys }: Pick<Roots, 'sys'> = hostRoots): boolean {
  try {
    return /\((?:full|lazy)\)/u.test(readFileSync(`${sys}/kernel/debug/sched/preempt`, 'utf8'));
  } catch {
    // debugfs is not mounted. From 7.0 on there is no other model on x86 and arm64.
    return atLeast(kernelVersion, [7, 0]);
  }
}
