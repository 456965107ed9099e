export { visible } from './escape.ts';

const COMBINING = /\p{M}/u;
// East Asian wide and full-width blocks, and emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

function characterWidth(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Terminal cells the text takes; it must be `visible` already. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text in at most `width` cells, `…` in place of its middle. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 1) return '…'.slice(0, Math.max(0, width));
  // The end of a path or of a pod's name tells more than its beginning.
  const endWidth = Math.ceil((width - 1) * 0.6);
  const characters = Array.from(text);
  const start = takeCells(characters, width - 1 - endWidth);
  const end = takeCells(characters.toReversed(), endWidth).toReversed();
  return `${start.join('')}…${end.join('')}`;
}

function takeCells(characters: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += characterWidth(character);
    if (used > width) break;
    taken.push(character);
  }
  return taken;
}

/** The text in at most `width` cells, `…` in place of its end. */
export function clip(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return `${takeCells(Array.from(text), width - 1).join('')}…`;
}

/** The text filled up with spaces to `width` cells. */
export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const fill = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + fill : fill + text;
}

/** The text in lines of at most `width` cells, broken between words; later lines are indented more. */
export function wrap(text: string, width: number | undefined): string[] {
  if (width === undefined || textWidth(text) <= width) return [text];
  const indent = /^ */u.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = '';
  for (const word of text.trimStart().split(' ')) {
    const longer = line === '' ? indent + word : `${line} ${word}`;
    if (line === '' || textWidth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = `${indent}  ${word}`;
    }
  }
  return [...lines, line];
}
