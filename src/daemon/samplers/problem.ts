import type { Unread } from './read.ts';

/** What a sampler can't read here, and why. */
export type Problem = {
  /** A file, or part of the host. */
  readonly subject: string;
  readonly state: 'partial' | 'missing';
  readonly reason: string;
  readonly fix: string | null;
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'this kernel has no such file',
  ENOTDIR: 'this kernel has no such file',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  EOPNOTSUPP: 'the kernel was started with it switched off',
  ENOTSUP: 'the kernel was started with it switched off',
};

/** The problem of a file that could not be read. */
export function unreadable(subject: string, { code }: Unread, fix: string | null = null): Problem {
  return { subject, state: 'missing', reason: REASONS[code] ?? `reading it failed with ${code}`, fix };
}
