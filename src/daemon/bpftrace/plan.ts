import { existsSync } from 'node:fs';
import { execa } from 'execa';
import type { Fragment, Gap, Probe, Requirement } from '../../schema/probe.ts';
import { NOT_LOADED, waitsForItsModule } from '../../schema/probe.ts';
import { cgroupFragments } from '../../schema/probes/cgroup.ts';
import { controlFragments } from '../../schema/probes/control.ts';
import { uringFragments } from '../../schema/probes/uring.ts';
import { xfsLogFragments } from '../../schema/probes/xfs-log.ts';
import { atLeast } from './capabilities.ts';
import type { Capabilities } from './capabilities.ts';
import { forArchitecture } from './compose.ts';
import type { CgroupLayout } from '../lookups/cgroups.ts';
import type { CoverageLine, PlannedProbe } from '../contract.ts';

/** What became of trying a fragment: usable, or why not. */
export type Verdict = { readonly usable: true } | { readonly usable: false; readonly reason: string };

/** The best usable fragment of each probe, and of what names cgroups; pure. */
export function choose(
  probes: readonly Probe[],
  verdicts: ReadonlyMap<string, Verdict>,
  layout: CgroupLayout['layout'],
): PlannedProbe[] {
  return [
    ...probes.map(({ name, fragments, uncovered }) =>
      chooseOne(name, fragments, verdicts, (chosen) =>
        chosen ? chosen.gaps : [waits(fragments, verdicts) ? { ...uncovered, ...WAITING } : uncovered],
      ),
    ),
    chooseOne('cgroup', cgroupFragments, verdicts, (chosen) => [
      ...(chosen ? [] : [NAMELESS_GAP]),
      ...(layout === 'v2' ? [] : [layout === 'hybrid' ? HYBRID_GAP : V1_GAP]),
    ]),
    chooseOne('uring', uringFragments, verdicts, (chosen) => (chosen ? [] : [URING_GAP])),
    chooseOne('xfs_log', xfsLogFragments, verdicts, (chosen) =>
      chosen || waits(xfsLogFragments, verdicts) ? [] : [XFS_LOG_GAP],
    ),
    chooseOne('control', controlFragments, verdicts, (chosen) => (chosen ? [] : [UNGOVERNED_GAP])),
  ];
}

/** A kernel that has what a fragment needs but for a module that may be loaded later. */
function waits(fragments: readonly Fragment[], verdicts: ReadonlyMap<string, Verdict>): boolean {
  return fragments.some(({ file }) => {
    const verdict = verdicts.get(file);
    return verdict?.usable === false && waitsForItsModule(verdict.reason);
  });
}

function chooseOne(
  probe: string,
  fragments: readonly Fragment[],
  verdicts: ReadonlyMap<string, Verdict>,
  gapsOf: (chosen: Fragment | undefined) => readonly Gap[],
): PlannedProbe {
  const chosen = fragments.find(({ file }) => verdicts.get(file)?.usable === true);
  const reasons = fragments.flatMap(({ file }) => {
    const verdict = verdicts.get(file);
    return verdict?.usable === false ? [`${file}: ${verdict.reason}`] : [];
  });
  const gaps = gapsOf(chosen).map((gap): CoverageLine => ({ probe, ...gap }));
  return { probe, fragment: chosen?.file ?? null, reasons, gaps };
}

const WAITING = {
  reason: 'its kernel module is not loaded yet; the probe is attached when it is',
  fix: null,
} as const;
const UNIFIED = 'boot with systemd.unified_cgroup_hierarchy=1';
const HYBRID_GAP: Gap = {
  subject: 'containers',
  state: 'partial',
  reason:
    'cgroup v1 with a unified hierarchy beside it: containers without a cgroup of their own in the unified one count as /, and block I/O is not charged to who dirtied the page',
  fix: UNIFIED,
};
const V1_GAP: Gap = {
  subject: 'containers',
  state: 'missing',
  reason: 'no cgroup2 hierarchy: everything counts as one cgroup',
  fix: UNIFIED,
};
const NAMELESS_GAP: Gap = {
  subject: 'short-lived containers',
  state: 'partial',
  reason:
    'the birth of cgroups is not seen: a container that lives less than an interval may stay without a name',
  fix: null,
};

const URING_GAP: Gap = {
  subject: 'reads and writes',
  state: 'missing',
  reason: 'the kernel has no tracepoints of io_uring; what it asks of a device is in block',
  fix: null,
};
const XFS_LOG_GAP: Gap = {
  subject: 'waits for the log of xfs',
  state: 'missing',
  reason: 'neither fentry nor kprobe sessions can be used on xfs_log_force_seq',
  fix: 'run a kernel with BTF for modules (5.14 or newer)',
};
const UNGOVERNED_GAP: Gap = {
  subject: '--max-cpu',
  state: 'missing',
  reason: 'the running program cannot be told to shed detail',
  fix: 'run a kernel with CONFIG_FTRACE_SYSCALLS',
};

/**
 * Tries the fragments of each probe, best first, until one is usable: what can be read off the host
 * is, the rest is attached for a moment, because symbols promise what attaching may refuse.
 */
export async function tryFragments(
  probes: readonly Probe[],
  host: Capabilities,
): Promise<Map<string, Verdict>> {
  const families = [
    ...probes.map(({ fragments }) => fragments),
    cgroupFragments,
    uringFragments,
    xfsLogFragments,
    controlFragments,
  ];
  const tried = await Promise.all(families.map((fragments) => tryUntilUsable(fragments, host)));
  return new Map(tried.flat());
}

async function tryUntilUsable(
  fragments: readonly Fragment[],
  host: Capabilities,
): Promise<[string, Verdict][]> {
  const verdicts: [string, Verdict][] = [];
  for (const { file, needs } of fragments) {
    const lacking = needs.map((need) => lacks(need, host)).find((reason) => reason !== undefined);
    const verdict =
      lacking === undefined ? await attach(needs, host) : { usable: false as const, reason: lacking };
    verdicts.push([file, verdict]);
    if (verdict.usable) break;
  }
  return verdicts;
}

/** Why a requirement can't be met here, as far as looking tells. */
export function lacks(need: Requirement, host: Capabilities): string | undefined {
  switch (need.kind) {
    case 'btf':
      return host.hasBtf ? undefined : 'the kernel has no BTF (/sys/kernel/btf/vmlinux)';
    case 'tracepoint':
      return existsSync(`${host.tracing}/events/${need.name.replace(':', '/')}`)
        ? undefined
        : `the kernel has no tracepoint ${need.name}`;
    case 'rawtracepoint':
      return atLeast(host.bpftraceVersion, [0, 18])
        ? undefined
        : 'bpftrace before 0.18 has no raw tracepoints';
    case 'ksession':
      if (!atLeast(host.bpftraceVersion, [0, 26])) return 'bpftrace before 0.26 has no kprobe sessions';
      if (!atLeast(host.kernelVersion, [6, 10])) return 'kernels before 6.10 have no kprobe sessions';
      return host.hasKprobes ? moduleLacks(need.module) : 'the kernel has no kprobes';
    case 'kprobe':
      return host.hasKprobes ? moduleLacks(need.module) : 'the kernel has no kprobes';
    case 'kfunc':
      return host.hasBtf ? moduleLacks(need.module) : 'the kernel has no BTF, which fentry needs';
  }
}

/** A probe on a function of a module that may be loaded later. */
export function waitsForModule(module: string): boolean {
  return !existsSync(`/sys/module/${module}`);
}

function moduleLacks(module: string | undefined): string | undefined {
  return module !== undefined && waitsForModule(module) ? `the module ${module} ${NOT_LOADED}` : undefined;
}

async function attach(needs: readonly Requirement[], host: Capabilities): Promise<Verdict> {
  const hooks = needs.filter(({ kind }) => kind !== 'btf' && kind !== 'tracepoint');
  if (hooks.length === 0) return { usable: true };
  const program = forArchitecture(`BEGIN { exit(); }\n${hooks.flatMap(emptyProbes).join('\n')}`);
  const { failed, stderr, shortMessage } = await execa(host.bpftrace, ['--no-warnings', '-e', program], {
    reject: false,
    timeout: 120_000,
  });
  if (!failed) return { usable: true };
  return { usable: false, reason: firstError(stderr) ?? String(shortMessage) };
}

function emptyProbes(need: Requirement): string[] {
  switch (need.kind) {
    case 'kfunc': {
      const name = need.module === undefined ? need.function : `${need.module}:${need.function}`;
      return [`kfunc:${name} { @ = count(); }`, `kretfunc:${name} { @ = count(); }`];
    }
    case 'kprobe':
    case 'ksession':
      if (need.entryOnly === true) return [`kprobe:${need.function} { @ = count(); }`];
      return [`kprobe:${need.function} { @ = count(); }`, `kretprobe:${need.function} { @ = count(); }`];
    case 'rawtracepoint':
      return [`rawtracepoint:${need.name} { @ = count(); }`];
    case 'tracepoint':
    case 'btf':
      return [];
  }
}

/** bpftrace's first complaint in one line, without the one about RLIMIT_MEMLOCK, which is harmless. */
export function firstError(stderr: string): string | undefined {
  const line = stderr
    .split('\n')
    .find(
      (text) => /error|fatal|not |bug:|terminate|assert/iu.test(text) && !text.includes('RLIMIT_MEMLOCK'),
    );
  return line?.replace(/^.*?(ERROR|FATAL|BUG|error): /u, '').trim();
}
