import type { Facts } from './facts.ts';
import { sumOf } from './facts.ts';
import type { Finding, Mitigation } from './finding.ts';
import { playbook } from './playbook.ts';

/** What can be done about a finding, with the disk and the cgroup it is about as this node names them. */
export function addressed(
  { mitigations, who, device }: Pick<Finding, 'mitigations' | 'who' | 'device'>,
  facts: Facts,
): Mitigation[] {
  return mitigations.flatMap(({ id, values }) => {
    const whose = values['who'] ?? who;
    const path = cgroupPathOf(facts, whose);
    if (isForCgroup(id) && (path === '/' || whose === null || whose === '')) return [];
    if (id === 'batch-fsync' && !syncs(facts, whose)) return [];
    const cgroup = path !== undefined && takesLimits(facts, path) ? { cgroup: `/sys/fs/cgroup${path}` } : {};
    const named = { ...namesOf(facts, device), ...cgroup, ...limitsOf(facts, whose) };
    return [{ id, values: { ...named, ...values, ...(whose === null ? {} : { who: whose }) } }];
  });
}

/** Whether the cgroup has the io controller, and so an io.max: where any was seen to have it, it must be one of them. */
const takesLimits = ({ io_cgroups }: Facts, path: string): boolean =>
  io_cgroups.length === 0 || io_cgroups.some((row) => row.cgroup_path === path);

/** What io.max is to limit: reads of who mostly reads, else writes. */
function limitsOf({ work }: Facts, who: string | null): Record<string, string> {
  const busy = (op: string): number =>
    sumOf(
      work.filter((row) => row.who === who && row.op === op),
      (row) => row.inner_ns_per_s,
    );
  const kind = busy('block_read') > busy('block_write') ? 'r' : 'w';
  return { bytes_limit: `${kind}bps=20971520`, requests_limit: `${kind}iops=200` };
}

/** Whether it syncs at all: to others, advice on syncs is none. */
const syncs = ({ work }: Facts, who: string | null): boolean =>
  work.some((row) => row.op === 'fsync' && row.who === who && row.ops_per_s > 0);

/** The root cgroup, that of the kernel's own threads, has neither limit nor weight. */
function isForCgroup(id: Mitigation['id']): boolean {
  return playbook[id].setting?.includes('{cgroup}') ?? false;
}

function cgroupPathOf({ containers }: Facts, who: string | null): string | undefined {
  if (who?.startsWith('/')) return who;
  return containers.find((row) => row.who === who)?.cgroup_path ?? undefined;
}

/** The device, and the disk its data is on: of a partition or a mapped device another. */
function namesOf({ device_disks, device_numbers }: Facts, device: string | null): Record<string, string> {
  if (device === null) return {};
  const disk = device_disks.find((row) => row.device === device)?.disk ?? device;
  const known = (name: string) => device_numbers.find((row) => row.device === name);
  return {
    disk,
    disk_number: known(disk)?.number ?? '',
    device: known(device)?.path ?? `/dev/${device}`,
    device_number: known(device)?.number ?? '',
  };
}
