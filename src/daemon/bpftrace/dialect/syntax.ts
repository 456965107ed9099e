/** The syntax tree of the programs in bpf/; CONTRIBUTING.md describes the language. */

/** Where something stands, for messages. */
export type Position = { readonly file: string; readonly line: number };

export type Expression =
  | { readonly kind: 'number'; readonly text: string }
  /** With its quotes. */
  | { readonly kind: 'string'; readonly text: string }
  /** A builtin of bpftrace, a constant, or an input of the block. */
  | Name
  | Variable
  | MapCell
  | Call
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly kind: 'cast'; readonly type: string; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'member';
      readonly object: Expression;
      readonly operator: '->' | '.';
      readonly name: string;
    }
  | { readonly kind: 'group'; readonly inner: Expression }
  | { readonly kind: 'tuple'; readonly parts: readonly Expression[] };

export type Name = { readonly kind: 'name'; readonly name: string; readonly at: Position };
/** `$name`, without the dollar. */
export type Variable = { readonly kind: 'variable'; readonly name: string; readonly at: Position };
/** `@name[keys]`; without keys a scalar, or the whole map. */
export type MapCell = {
  readonly kind: 'map';
  readonly name: string;
  /** `@name%`: one map for each of the two sets. */
  readonly isPerEpoch: boolean;
  readonly keys: readonly Expression[];
  readonly at: Position;
};
export type Call = {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
  readonly at: Position;
};

export type Statement =
  | { readonly kind: 'assign'; readonly target: Variable | MapCell; readonly value: Expression }
  | { readonly kind: 'run'; readonly call: Call }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: 'while'; readonly condition: Expression; readonly body: readonly Statement[] }
  | { readonly kind: 'return'; readonly at: Position }
  /** On the maps of the set that `epoch` (0 or 1) names. */
  | {
      readonly kind: 'in_epoch';
      readonly epoch: Expression;
      readonly body: readonly Statement[];
      readonly at: Position;
    }
  /** Once for each family of maps: those counted in by tasks, and those counted in by interrupts. */
  | { readonly kind: 'each_family'; readonly body: readonly Statement[]; readonly at: Position };

/** `let @name[keys] = value;` */
export type MapDeclaration = {
  readonly name: string;
  readonly isPerEpoch: boolean;
  readonly keys: readonly string[];
  /** A number; several in one entry; or what bpftrace adds up, for each CPU apart. */
  readonly value: 'number' | readonly string[] | Aggregate;
  readonly at: Position;
};

export const AGGREGATES = ['count', 'sum', 'max', 'stats'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** A block with declared inputs and outputs. */
export type Macro = {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  /** What `$x = name(…);` assigns. */
  readonly value: Expression | undefined;
  readonly at: Position;
};
/** `name`: an expression the block reads; `$name`: a variable of the caller that it sets. */
export type Parameter = { readonly name: string; readonly isOutput: boolean };

export type ProbeSyntax = {
  readonly attachPoints: readonly string[];
  readonly predicate: Expression | undefined;
  readonly body: readonly Statement[];
  readonly at: Position;
};

export type Unit = {
  readonly file: string;
  readonly imports: readonly { readonly file: string; readonly at: Position }[];
  readonly maps: readonly MapDeclaration[];
  readonly macros: readonly Macro[];
  readonly probes: readonly ProbeSyntax[];
};

/** A mistake in a program of ours. */
export function mistake({ file, line }: Position, what: string): Error {
  return new Error(`bpf/${file}:${String(line)}: ${what}`);
}
