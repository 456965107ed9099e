import type { Facts } from './facts.ts';
import type { Finding, Mitigation } from './finding.ts';
import { playbook } from './playbook.ts';

/** What can be done about a finding, with the disk and the cgroup it is about as this node names them. */
export function addressed(
  { mitigations, who, device }: Pick<Finding, 'mitigations' | 'who' | 'device'>,
  facts: Facts,
): Mitigation[] {
  return mitigations.flatMap(({ id, values }) => {
    const path = cgroupPathOf(facts, values['who'] ?? who);
    if (path === '/' && isForCgroup(id)) return [];
    if (id === 'batch-fsync' && !syncs(facts, values['who'] ?? who)) return [];
    const cgroup = path === undefined ? {} : { cgroup: `/sys/fs/cgroup${path}` };
    return [{ id, values: { ...namesOf(facts, device), ...cgroup, ...values } }];
  });
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
