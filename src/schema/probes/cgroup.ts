import type { Fragment } from '../probe.ts';

/** Programs that tell cgroups' names at birth; they count nothing. Best first. */
export const cgroupFragments: readonly Fragment[] = [
  {
    file: 'cgroup.rawtracepoint.bt',
    needs: [{ kind: 'rawtracepoint', name: 'cgroup_mkdir' }, { kind: 'btf' }],
    gaps: [],
  },
  {
    file: 'cgroup.tracepoint.bt',
    needs: [{ kind: 'tracepoint', name: 'cgroup:cgroup_mkdir' }],
    gaps: [],
  },
];
