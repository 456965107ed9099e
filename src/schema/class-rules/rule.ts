import type { Place } from './places.ts';

/** One row of the table: files whose path, in the container or on the host, is one of these globs. */
export type ClassRule = {
  readonly class: string;
  /** What its files are, in a sentence. */
  readonly means: string;
  /** See glob.ts. */
  readonly paths: readonly string[];
  /** Paths that others have as well: a second sign decides. */
  readonly signs?: readonly Sign[];
  /** Only files in these places; without it in all. */
  readonly places?: readonly Place[];
  /** Only files met by what runs outside containers. */
  readonly isHostOnly?: true;
};

export type Sign = {
  readonly paths: readonly string[];
  /**
   * One of these must be there, relative to the file's directory; `<name>` stands for the file's own name,
   * `<stem>` for that without what follows its last dash.
   */
  readonly beside: readonly string[];
};
