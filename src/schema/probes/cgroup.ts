import type { Companion, Gap } from '../probe.ts';

const UNIFIED = 'boot with systemd.unified_cgroup_hierarchy=1';

const NO_CGROUP2: Gap = {
  subject: 'containers',
  state: 'missing',
  reason: 'no cgroup2 hierarchy: everything counts as one cgroup',
  fix: UNIFIED,
};

/** Reports the names of cgroups at birth. */
export const cgroup: Companion = {
  name: 'cgroup',
  summary: 'The birth of cgroups: a container that lived for a moment has a name',
  fragments: [
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
  ],
  uncovered: {
    subject: 'short-lived containers',
    state: 'partial',
    reason:
      'the birth of cgroups is not seen: a container that lives less than an interval may stay without a name',
    fix: null,
  },
  cgroupGaps: {
    hybrid: {
      subject: 'containers',
      state: 'partial',
      reason:
        'cgroup v1 with a unified hierarchy beside it: containers without a cgroup of their own in the unified one count as /, and block I/O is not charged to who dirtied the page',
      fix: UNIFIED,
    },
    v1: NO_CGROUP2,
    none: NO_CGROUP2,
  },
};
