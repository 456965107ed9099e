import type { Failure } from '../failure.ts';

/** What a command came to: an exit code, or the Failure that explains one. */
export type Outcome = 0 | 1 | Failure;

export type Option = {
  readonly type: 'string' | 'boolean';
  readonly describe: string;
  /** What holds without the option, in words. */
  readonly defaultDescription?: string;
  /** Its one letter, for those that have one. */
  readonly letter?: string;
  /** What its value is one of, or names a file of: for completion. */
  readonly values?: readonly string[] | 'file';
  /** Several of them may be given, separated by commas. */
  readonly isList?: true;
};

export type Options = Readonly<Record<string, Option>>;

export const text = (
  describe: string,
  defaultDescription?: string,
): Option & { readonly type: 'string' } => ({
  type: 'string',
  describe,
  ...(defaultDescription === undefined ? {} : { defaultDescription }),
});

/** One of these. */
export const choice = (values: readonly string[], defaultDescription: string) => ({
  ...text(`One of ${values.join(', ')}`, defaultDescription),
  values,
});

export const flag = (describe: string): Option & { readonly type: 'boolean' } => ({
  type: 'boolean',
  describe,
});

type Value<Type extends Option['type']> = Type extends 'boolean' ? boolean : string;

/** What was typed: absent options are undefined, one typed without a value is ''. */
export type Typed<O extends Options> = {
  readonly [Name in keyof O]?: Value<O[Name]['type']> | undefined;
};

/** The options of every command. */
export const globalOptions = {
  db: {
    ...text('File of the recording', '$IOTRACE_DB, else /var/lib/iotrace/iotrace.db'),
    values: 'file',
  },
  utc: flag('Times typed and shown are UTC, not local'),
  quiet: { ...flag('The answer and errors alone: no notes, no progress'), letter: 'q' },
  'no-pager': flag('Never show a long answer in $PAGER'),
} as const;

/** Those that are answered without running anything. */
export const helpOptions = {
  help: { ...flag('Explain the command'), letter: 'h' },
  version: { ...flag('Print the version'), letter: 'v' },
} as const;

export type Global = Typed<typeof globalOptions>;

/** A command: what it takes, how it explains itself, and what it does. Its name is in commands/index.ts. */
export type Command<O extends Options = Options> = {
  readonly options: O;
  /** The word it takes besides its options, when it takes one; `isMany`: any number. */
  readonly word?: {
    readonly name: string;
    readonly describe: string;
    readonly isMany?: true;
    readonly values?: readonly string[];
  };
  /** Lines to type, each with what it is for; `$0` is the command's own name. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly epilogue?: string;
  // A method, not a property: commands of different options stand in one registry. The parser hands each of them
  // what its own options declare.
  run(
    typed: Global & Typed<O>,
    word: string | undefined,
    more: readonly string[],
    registry: readonly Entry[],
  ): Promise<Outcome>;
};

/** A command in the registry: what the overview shows, and where the rest is. */
export type Entry = {
  readonly name: string;
  readonly describe: string;
  readonly load: () => Promise<{ readonly command: Command }>;
};

/** The command as the registry holds it; its options are inferred and checked against what `run` reads. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  return command;
}
