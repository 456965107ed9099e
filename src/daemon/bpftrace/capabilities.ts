import { existsSync, readFileSync } from 'node:fs';
import { release, cpus, hostname } from 'node:os';
import type { Failure } from '../../failure.ts';
import { failure } from '../../failure.ts';
import { findProgram, run } from '../children.ts';
import { mountTracefs, tracingFolder } from './tracefs.ts';

/** What this host is, as far as tracing cares. */
export type Capabilities = {
  /** Paths of programs. */
  readonly bpftrace: string;
  readonly setpriv: string;
  readonly bpftraceVersion: Version;
  readonly kernelRelease: string;
  readonly kernelVersion: Version;
  readonly host: string;
  readonly bootId: string;
  readonly cpuCount: number;
  /** CPUs the kernel provides for, present or not: each has its part of every counting map. */
  readonly possibleCpuCount: number;
  readonly hasBtf: boolean;
  readonly hasKprobes: boolean;
  /** Folder of tracefs. */
  readonly tracing: string;
};

export type Version = readonly [major: number, minor: number];

const OLDEST_BPFTRACE: Version = [0, 17];

/** Looks around; fails when tracing is out of the question. `command`: what to type with sudo. */
export async function findCapabilities(command: string): Promise<Capabilities | Failure> {
  if (process.getuid?.() !== 0) return failure('not-root', { command });
  const found = findProgram(process.env['IOTRACE_BPFTRACE'] ?? 'bpftrace');
  if ('refused' in found) {
    return failure(found.isAbsent ? 'no-bpftrace' : 'unsafe-program', { seen: found.refused });
  }
  const setpriv = findProgram('setpriv');
  if ('refused' in setpriv) return failure('no-setpriv', { seen: setpriv.refused });
  const { stdout, failed, seen } = await run(found.path, ['--version']);
  if (failed) return failure('no-bpftrace', { seen });
  const bpftraceVersion = parseVersion(stdout);
  if (!bpftraceVersion || !atLeast(bpftraceVersion, OLDEST_BPFTRACE)) {
    return failure('bpftrace-too-old', { seen: stdout });
  }
  const tracing = tracingFolder() ?? (await mountTracefs());
  if (tracing === undefined) return failure('no-tracefs', { seen: '/sys/kernel/tracing is empty' });
  return {
    bpftrace: found.path,
    setpriv: setpriv.path,
    bpftraceVersion,
    kernelRelease: release(),
    kernelVersion: parseVersion(release()) ?? [0, 0],
    host: hostname(),
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    cpuCount: cpus().length,
    possibleCpuCount: readPossibleCpus(),
    hasBtf: existsSync('/sys/kernel/btf/vmlinux'),
    hasKprobes: existsSync(`${tracing}/kprobe_events`),
    tracing,
  };
}

/** From /sys/devices/system/cpu/possible: `0-127`, or a list of such. */
function readPossibleCpus(): number {
  const last = /(\d+)\s*$/u.exec(readFileSync('/sys/devices/system/cpu/possible', 'utf8'))?.[1];
  return last === undefined ? cpus().length : Number(last) + 1;
}

/** The first `N.M` in a text. */
function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)/u.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

export function atLeast(version: Version, least: Version): boolean {
  return version[0] > least[0] || (version[0] === least[0] && version[1] >= least[1]);
}
