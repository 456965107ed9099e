/**
 * Text that programs and terminals read: names of files, processes and containers are chosen by whoever runs them, and
 * nothing in them may act. One escaper for each format, each reversible: what was escaped can be told from what was
 * there, and read back.
 */

// Controls (C0, DEL, C1), format characters such as right-to-left overrides, halves of pairs, private ones, line separators.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu;
const UNSAFE_OR_BACKSLASH = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029\\]/gu;
const NAMED: Readonly<Record<string, string>> = {
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '\0': String.raw`\0`,
  '\\': String.raw`\\`,
};

/** The text on one line, with what can't be shown spelled out: `\n`, `\x1b`, `\u202e`; a backslash is two. */
export const visible = (text: string): string =>
  text.replace(UNSAFE_OR_BACKSLASH, (unsafe) => NAMED[unsafe] ?? spelledOut(unsafe));

function spelledOut(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length <= 2) return String.raw`\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? String.raw`\u${hex.padStart(4, '0')}` : String.raw`\u{${hex}}`;
}

/** A JSON document as JSON.stringify wrote it, with everything unsafe in its strings as `\u…`. */
export const escapeJson = (encoded: string): string =>
  encoded.replace(UNSAFE, (unsafe) =>
    // The line breaks are those between the lines of an indented document: in strings they are escaped already.
    unsafe === '\n' ? unsafe : utf16(unsafe),
  );

const utf16 = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => {
    const unit = character.charCodeAt(at).toString(16);
    return String.raw`\u${unit.padStart(4, '0')}`;
  }).join('');

/** What makes a spreadsheet take a field for a formula, and the mark put before it. */
const FORMULA = /^[=+\-@\t\r']/u;

/**
 * A field of CSV (RFC 4180): unsafe characters as `visible` has them, and an apostrophe before what a spreadsheet would
 * run as a formula, or what begins with one.
 */
export function csvText(text: string): string {
  const harmless = `${FORMULA.test(text) ? "'" : ''}${visible(text)}`;
  return /^$|[",]/u.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

const SPECIAL = /[\\"\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u;

/** The value of a label of OpenMetrics: the text as `visible` has it but for line feeds, then its own three escapes. */
export const labelText = (text: string): string =>
  !SPECIAL.test(text)
    ? text
    : text
        .split('\n')
        .map(visible)
        .join('\n')
        .replaceAll('\\', String.raw`\\`)
        .replaceAll('"', String.raw`\"`)
        .replaceAll('\n', String.raw`\n`);
