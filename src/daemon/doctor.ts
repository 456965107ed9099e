import { isFailure } from '../failure.ts';
import { findCapabilities } from './bpftrace/capabilities.ts';
import { makePlan, planProblems } from './bpftrace/host-plan.ts';
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
