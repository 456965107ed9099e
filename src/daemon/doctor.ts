import type { Failure } from '../failure.ts';
import { isFailure } from '../failure.ts';
import { findCapabilities } from './bpftrace/capabilities.ts';
import { createControl } from './bpftrace/control.ts';
import { makePlan, planProblems } from './bpftrace/host-plan.ts';
import { composeFor } from './bpftrace/tracer.ts';
import type { ProgramOptions } from './bpftrace/tracer.ts';
import { readConfig } from './config.ts';
import type { DoctorReport } from './contract.ts';
import { detectCgroupLayout } from './lookups/cgroups.ts';
import { hostRoots } from './lookups/roots.ts';

/** What would run here, and why, without running it. */
export async function doctor(): Promise<DoctorReport> {
  const host = await findCapabilities('iotrace doctor');
  if (isFailure(host)) return { facts: [], plan: [], problems: [host] };
  const plan = await makePlan(host);
  const { layout, cgroup2Path } = detectCgroupLayout(hostRoots);
  const facts = [
    { name: 'kernel', value: host.kernelRelease },
    { name: 'bpftrace', value: host.bpftraceVersion.join('.') },
    { name: 'CPUs', value: String(host.cpuCount) },
    { name: 'BTF', value: host.hasBtf ? 'yes' : 'no' },
    { name: 'kprobes', value: host.hasKprobes ? 'yes' : 'no' },
    { name: 'cgroups', value: cgroup2Path === undefined ? layout : `${layout}, cgroup2 at ${cgroup2Path}` },
  ];
  const config = readConfig(undefined);
  return { facts, plan, problems: [...planProblems(plan), ...(isFailure(config) ? [config] : [])] };
}

/** The bpftrace program that would run here. */
export async function programHere(options: ProgramOptions): Promise<string | Failure> {
  const host = await findCapabilities('iotrace doctor --program');
  if (isFailure(host)) return host;
  const plan = await makePlan(host);
  const [problem] = planProblems(plan);
  return problem ?? composeFor(host, plan, options, createControl().key).program;
}
