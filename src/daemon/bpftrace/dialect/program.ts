import type { Macro, Unit } from './syntax.ts';

/** A file of bpf/ with the blocks it may run: its own, and those of the files it imports. */
export type Program = Unit & {
  readonly imported: readonly Program[];
  readonly blocks: ReadonlyMap<string, Block>;
};

/** A block in the file it stands in, which has the blocks that it runs itself. */
export type Block = { readonly macro: Macro; readonly program: Program };
