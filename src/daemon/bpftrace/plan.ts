import { existsSync } from 'node:fs';
import type { Attachable, Fragment, Gap, Requirement } from '../../schema/probe.ts';
import { modulesOf, NOT_LOADED, waitsForItsModule } from '../../schema/probe.ts';
import { attachables, companions, probes } from '../../schema/probes/index.ts';
import { run } from '../children.ts';
import { attachPointHere } from './architecture.ts';
import { atLeast } from './capabilities.ts';
import type { Capabilities } from './capabilities.ts';
import type { CgroupLayout } from '../lookups/cgroups.ts';
import type { PlannedProbe } from '../contract.ts';

/** What became of trying a fragment: usable, or why not. */
export type Verdict = { readonly usable: true } | { readonly usable: false; readonly reason: string };

/** The best usable fragment of each probe and companion, and what is not covered; pure. */
export function choose(
  verdicts: ReadonlyMap<string, Verdict>,
  layout: CgroupLayout['layout'],
): PlannedProbe[] {
  return [
    ...probes.map((probe) =>
      plan(probe, verdicts, (isWaiting) => [
        isWaiting ? { ...probe.uncovered, ...WAITING } : probe.uncovered,
      ]),
    ),
    ...companions.map((companion) => {
      // What it would see can't happen before its module is loaded.
      const planned = plan(companion, verdicts, (isWaiting) => (isWaiting ? [] : [companion.uncovered]));
      const gap = layout === 'v2' ? undefined : companion.cgroupGaps?.[layout];
      return gap ? { ...planned, gaps: [...planned.gaps, { probe: companion.name, ...gap }] } : planned;
    }),
  ];
}

/** A kernel that has what a fragment needs but for a module that may be loaded later. */
function waits(fragments: readonly Fragment[], verdicts: ReadonlyMap<string, Verdict>): boolean {
  return fragments.some(({ file }) => {
    const verdict = verdicts.get(file);
    return verdict?.usable === false && waitsForItsModule(verdict.reason);
  });
}

function plan(
  { name, fragments }: Attachable,
  verdicts: ReadonlyMap<string, Verdict>,
  uncovered: (isWaiting: boolean) => readonly Gap[],
): PlannedProbe {
  const chosen = fragments.find(({ file }) => verdicts.get(file)?.usable === true);
  const reasons = fragments.flatMap(({ file }) => {
    const verdict = verdicts.get(file);
    return verdict?.usable === false ? [`${file}: ${verdict.reason}`] : [];
  });
  const gaps = chosen ? chosen.gaps : uncovered(waits(fragments, verdicts));
  return {
    probe: name,
    fragment: chosen?.file ?? null,
    reasons,
    gaps: gaps.map((gap) => ({ probe: name, ...gap })),
  };
}

const WAITING = {
  reason: 'its kernel module is not loaded yet; the probe is attached when it is',
  fix: null,
} as const;

/**
 * Tries the fragments of each probe and companion, best first, until one is usable: what can be read off the host
 * is, the rest is attached for a moment, because symbols promise what attaching may refuse.
 */
export async function tryFragments(host: Capabilities): Promise<Map<string, Verdict>> {
  const tried = await Promise.all(attachables.map(({ fragments }) => tryUntilUsable(fragments, host)));
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

/** Whether a module that a probe or companion waits for has been loaded since it was planned. */
export function awaitedModuleHasAppeared(planned: readonly PlannedProbe[]): boolean {
  return planned.some(({ probe, fragment, reasons }) => {
    if (fragment !== null || !reasons.some(waitsForItsModule)) return false;
    const attachable = attachables.find(({ name }) => name === probe);
    return attachable !== undefined && !modulesOf(attachable).every(waitsForModule);
  });
}

function moduleLacks(module: string | undefined): string | undefined {
  return module !== undefined && waitsForModule(module) ? `the module ${module} ${NOT_LOADED}` : undefined;
}

async function attach(needs: readonly Requirement[], host: Capabilities): Promise<Verdict> {
  const hooks = needs.filter(({ kind }) => kind !== 'btf' && kind !== 'tracepoint');
  if (hooks.length === 0) return { usable: true };
  const probes = hooks.flatMap(hooksOf).flatMap((hook) => attachPointHere(hook) ?? []);
  const program = ['BEGIN { exit(); }', ...probes.map((hook) => `${hook} { @ = count(); }`)].join('\n');
  const words = ['--no-warnings', '-e', program];
  const { failed, stderr, seen } = await run(host.bpftrace, words, { timeoutMs: 120_000 });
  if (!failed) return { usable: true };
  return { usable: false, reason: firstError(stderr) ?? seen };
}

function hooksOf(need: Requirement): string[] {
  switch (need.kind) {
    case 'kfunc': {
      const name = need.module === undefined ? need.function : `${need.module}:${need.function}`;
      return [`kfunc:${name}`, `kretfunc:${name}`];
    }
    case 'kprobe':
    case 'ksession':
      return need.entryOnly === true
        ? [`kprobe:${need.function}`]
        : [`kprobe:${need.function}`, `kretprobe:${need.function}`];
    case 'rawtracepoint':
      return [`rawtracepoint:${need.name}`];
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
