/** Control sequences of the terminal, and a frame for it. */

/** The alternate screen, no cursor, and no wrapping of lines that are too long. */
export const enterScreen = '\u001b[?1049h\u001b[?25l\u001b[?7l';
export const leaveScreen = '\u001b[?7h\u001b[?25h\u001b[?1049l';

const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[2K';
const CLEAR_BELOW = '\u001b[J';

/**
 * One picture: the lines, as many as the screen has, written over the last picture without flicker.
 * The last line given (the keys) always stays; what doesn't fit goes from above it.
 */
export function frame(lines: readonly string[], rows: number): string {
  const keys = lines.at(-1) ?? '';
  const body = lines.slice(0, -1).slice(0, Math.max(0, rows - 1));
  const filled = [...body, ...Array.from({ length: Math.max(0, rows - 1 - body.length) }, () => ''), keys];
  return HOME + filled.map((line) => CLEAR_LINE + line).join('\r\n') + CLEAR_BELOW;
}
