import type { Failure } from '../../failure.ts';
import { failure } from '../../failure.ts';
import { probes } from '../../schema/probes/index.ts';
import { isPlanned } from '../contract.ts';
import type { PlannedProbe } from '../contract.ts';
import { detectCgroupLayout } from '../lookups/cgroups.ts';
import { hostRoots } from '../lookups/roots.ts';
import type { Capabilities } from './capabilities.ts';
import { choose, tryFragments } from './plan.ts';

/** The plan for this host. */
export async function makePlan(host: Capabilities): Promise<PlannedProbe[]> {
  return choose(await tryFragments(host), detectCgroupLayout(hostRoots).layout);
}

/** A plan without a single probe. */
export function planProblems(plan: readonly PlannedProbe[]): Failure[] {
  if (probes.some((probe) => isPlanned(plan, probe))) return [];
  return [failure('nothing-to-record', { reasons: plan.flatMap(({ reasons }) => reasons) })];
}
