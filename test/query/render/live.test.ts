import { expect, test } from 'vitest';
import { frame } from '../../../src/query/render/live.ts';

// What a frame puts where: row 1 on top.
const picture = (text: string): string[] => text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/gu, '').split('\r\n');

test('the keys stand on the last line of the screen', () => {
  expect(picture(frame(['title', 'one', 'q quits'], 5))).toEqual(['title', 'one', '', '', 'q quits']);
});

test('what does not fit goes, the keys stay', () => {
  expect(picture(frame(['title', 'one', 'two', 'three', 'q quits'], 3))).toEqual(['title', 'one', 'q quits']);
  expect(picture(frame(['title', 'q quits'], 1))).toEqual(['q quits']);
});

test('a frame begins at the top and clears each line before it writes it', () => {
  expect(frame(['a', 'q'], 2)).toBe('\u001b[H\u001b[2Ka\r\n\u001b[2Kq\u001b[J');
});
