import { execa } from 'execa';
import { ENVIRONMENT, findProgram, ownerMark } from '../children.ts';

/** The kernel's accounting of what BPF programs run and take, while it is held. */
export type HeldStats = {
  /** Whether it is on by now. */
  isOn(): boolean;
  release(): void;
};

/** Numbers of bpf(2) (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h). */
const BPF_CALL: Partial<Record<NodeJS.Architecture, number>> = { x64: 321, arm64: 280 };

/** BPF_ENABLE_STATS is command 32; its only attribute, BPF_STATS_RUN_TIME, is 0. */
const HOLD = `
$0 = 'iotrace-stats';
$| = 1;
my $attributes = pack('L', 0);
syscall($ARGV[0], 32, $attributes, 4) >= 0 or die "bpf: $!";
print "on\\n";
<STDIN>;
`;

/**
 * Turns the accounting on (bpf(2), BPF_ENABLE_STATS, kernel 5.8). It belongs to a descriptor, which a process of its own
 * has open until its stdin ends: a daemon that is killed leaves nothing on, and who turned it on for themselves
 * (kernel.bpf_stats_enabled) is not disturbed.
 */
export function holdStats(): HeldStats {
  const found = findProgram('perl');
  const call = BPF_CALL[process.arch];
  if ('refused' in found || call === undefined) return { isOn: () => false, release: () => undefined };
  let isOn = false;
  const child = execa(found.path, ['-e', HOLD, String(call)], {
    stdin: 'pipe',
    stderr: 'ignore',
    buffer: false,
    reject: false,
    extendEnv: false,
    env: { ...ENVIRONMENT, ...ownerMark() },
  });
  // It may have ended.
  child.stdin.on('error', () => undefined);
  child.stdout.once('data', () => {
    isOn = true;
  });
  return {
    isOn: () => isOn,
    release() {
      isOn = false;
      child.stdin.end();
    },
  };
}
