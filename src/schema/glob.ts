// File classes are told by globs, which people on call can read and write:
// `*` any characters but `/`, `**` any characters, `**/` any directories or none, `?` one character,
// `[ab]`, `[0-9]`, `[!a]` one of (or none of) these, `{a,b}` one of these words; and, because databases
// number their files, `<n>` decimal digits, `<n8>` exactly eight, `<n6+>` six or more, `<hex>`, `<hex16>` and
// `<hex16+>` hexadecimal ones.

const TOKEN =
  /\*\*\/|\*\*|\*|\?|\[(?<not>!?)(?<set>[^\]]+)\]|\{(?<words>[^{}]*)\}|<(?<digits>n|hex)(?<length>\d*)(?<more>\+?)>|[\s\S]/gu;

/**
 * One regular expression for whole texts that are any of the globs: a single one over a hundred globs
 * costs a fifth of a hundred of them. `undefined` when a glob is malformed: `[ab`, `[z-a]`.
 */
export function compileGlobs(globs: readonly string[]): RegExp | undefined {
  const sources = globs.map(globSource);
  if (sources.includes(undefined)) return undefined;
  // In front of `**/` anything may stand: to look for the slash alone saves trying every beginning.
  const source = sources.map((each) =>
    each?.startsWith(ANY_DIRECTORIES) ? `(?:^|\\/)${each.slice(ANY_DIRECTORIES.length)}` : `^${each ?? ''}`,
  );
  try {
    return new RegExp(`(?:${source.join('|')})$`, 'su');
  } catch {
    return undefined;
  }
}

const ANY_DIRECTORIES = '(?:.*\\/)?';

function globSource(glob: string): string | undefined {
  const parts = [...glob.matchAll(TOKEN)].map(tokenSource);
  return parts.includes(undefined) ? undefined : parts.join('');
}

function tokenSource({ 0: token, groups = {} }: RegExpMatchArray): string | undefined {
  const { not = '', set, words, digits, length = '', more = '' } = groups;
  if (set !== undefined) return `[${not === '' ? '' : '^/'}${set.replaceAll(/[\\^[\]]/gu, '\\$&')}]`;
  if (words !== undefined) return alternatives(words.split(','));
  if (digits !== undefined) return (digits === 'n' ? '[0-9]' : '[0-9a-fA-F]') + counted(length, more);
  switch (token) {
    case '**/':
      return ANY_DIRECTORIES;
    case '**':
      return '.*';
    case '*':
      return '[^/]*';
    case '?':
      return '[^/]';
    case '[':
    case '{':
      return undefined;
    default:
      return token.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
  }
}

const counted = (length: string, more: string): string =>
  length === '' ? '+' : `{${length}${more === '' ? '' : ','}}`;

function alternatives(words: readonly string[]): string | undefined {
  const sources = words.map(globSource);
  return sources.includes(undefined) ? undefined : `(?:${sources.join('|')})`;
}
