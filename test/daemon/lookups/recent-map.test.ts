import { expect, test } from 'vitest';
import { RecentMap } from '../../../src/daemon/lookups/recent-map.ts';

test('forgets the least recently used entry and tells of it', () => {
  const forgotten: [string, number][] = [];
  const map = new RecentMap<string, number>(2, (key, value) => forgotten.push([key, value]));
  map.set('a', 1);
  map.set('b', 2);
  map.get('a');
  map.set('c', 3);
  expect([forgotten, [...map.keys()], [...map.values()], map.size]).toEqual([
    [['b', 2]],
    ['a', 'c'],
    [1, 3],
    2,
  ]);
});

test('does not count a peek as use, but a set', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.peek('a');
  map.set('b', 4);
  map.set('c', 3);
  expect([map.peek('a'), map.peek('b'), map.get('c'), map.get('d')]).toEqual([undefined, 4, 3, undefined]);
  map.delete('b');
  expect(map.size).toBe(1);
});

test('notes no use while it is less than half full', () => {
  const map = new RecentMap<string, number>(6);
  map.set('a', 1);
  map.set('b', 2);
  expect([map.get('a'), [...map.keys()]]).toEqual([1, ['a', 'b']]);
  map.set('c', 3);
  expect([map.get('a'), [...map.keys()]]).toEqual([1, ['b', 'c', 'a']]);
});
