/** What a probe is: its operations, their variants, and the programs that can record them; and what runs beside it. */

/** kfunc: fentry and fexit; ksession: kprobe and kretprobe in one, without the latter's losses. */
export type FunctionHook = 'kfunc' | 'kprobe' | 'ksession';

/** A feature of kernel and bpftrace that a fragment cannot do without. */
export type Requirement =
  | {
      readonly kind: FunctionHook;
      readonly function: string;
      readonly module?: string;
      /** Hooked where it begins, not where it returns. */
      readonly entryOnly?: boolean;
    }
  | { readonly kind: 'tracepoint'; readonly name: string }
  | { readonly kind: 'rawtracepoint'; readonly name: string }
  | { readonly kind: 'btf' };

/** How the reason ends for which a program can't be used until a kernel module is loaded. */
export const NOT_LOADED = 'is not loaded';

export const waitsForItsModule = (reason: string): boolean => reason.endsWith(NOT_LOADED);

/** Something the fragment does not see, told under every answer. */
export type Gap = {
  readonly subject: string;
  readonly state: 'partial' | 'missing';
  readonly reason: string;
  readonly fix: string | null;
};

/** One way to attach a probe or companion: a program in bpf/, best first in `Attachable.fragments`. */
export type Fragment = {
  readonly file: string;
  readonly needs: readonly Requirement[];
  readonly gaps: readonly Gap[];
  /**
   * Where what it counts ends: in the task, unless said otherwise. What ends in interrupts has maps of its own:
   * an interrupt that finds the map it wants to add a key to locked by the program it interrupted can't.
   */
  readonly countsIn?: 'interrupt';
};

export type Operation = {
  /** The number the kernel side uses, unique over all probes. */
  readonly id: number;
  readonly name: string;
  /** Variants by the number the kernel side uses. */
  readonly variants: Readonly<Record<number, string>>;
  /** The variants are remarks on an operation (how its owner is known), not kinds that can be tried at start. */
  readonly isRemark?: boolean;
};

/** What probes and companions have in common: the best of their programs that can run here is attached. */
export type Attachable = {
  readonly name: string;
  readonly summary: string;
  readonly fragments: readonly Fragment[];
  /** What to say when none of the fragments can run here. */
  readonly uncovered: Gap;
};

export type Probe = Attachable & {
  readonly view: string;
  readonly operations: readonly Operation[];
};

/** A program beside the probes: it counts nothing, or operations of a probe that sees them elsewhere. */
export type Companion = Attachable & {
  readonly countsFor?: {
    readonly probe: string;
    /** Of that probe's operations. */
    readonly operations: readonly string[];
    /** As which of their variants; `undefined`: none. */
    readonly variant?: string;
  };
  /** What it can't see where cgroup v2 is not all there is, whichever program runs. */
  readonly cgroupGaps?: Readonly<Record<'hybrid' | 'v1' | 'none', Gap>>;
};

export const defineProbe = <const P extends Probe>(probe: P): P => probe;

/** Modules whose functions its programs hook: where one is not loaded, it may be later. */
export function modulesOf({ fragments }: Attachable): string[] {
  const modules = fragments.flatMap(({ needs }) =>
    needs.flatMap((need) => ('module' in need ? [need.module] : [])),
  );
  return [...new Set(modules)];
}
