/** System call functions and where they keep their arguments (arch/…/include/asm/syscall_wrapper.h). */

const isArm = process.arch === 'arm64';

/** arm64 has no open and creat of their own. */
const X86_CALLS = ['open', 'creat'].flatMap((call) =>
  ['enter', 'exit'].map((side) => `tracepoint:syscalls:sys_${side}_${call}`),
);

/**
 * The name on this machine of an attach point, in which `SYSCALL_name` stands for the function of a call, and
 * `SYSCALL0_name` for that of one without arguments. None where there is no such call.
 */
export function attachPointHere(attachPoint: string): string | undefined {
  if (isArm && X86_CALLS.includes(attachPoint)) return undefined;
  return (
    attachPoint
      // A call without arguments has no wrapper on x86: its two names are one function.
      .replace(':SYSCALL0_', isArm ? ':__arm64_sys_' : ':__do_sys_')
      .replace(':SYSCALL_', isArm ? ':__arm64_sys_' : ':__x64_sys_')
  );
}

/** Where struct pt_regs has the argument of a call that the programs in bpf/ name so. */
export const SYSCALL_ARGUMENTS: Readonly<Record<string, string>> = isArm
  ? { SYSCALL_ARG0: 'regs[0]', SYSCALL_ARG2: 'regs[2]' }
  : { SYSCALL_ARG0: 'di', SYSCALL_ARG2: 'dx' };
