import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { namedRules } from '../../src/schema/classes.ts';
import { createClassifier } from '../../src/schema/classify.ts';

/** Paths as programs name their files; those under one heading lie on one disk, beside each other. */
const blocks = readFileSync('test/fixtures/classes/survey.tsv', 'utf8')
  .split('\n\n')
  .map((block) => {
    const [heading = '', ...lines] = block.trim().split('\n');
    const files = lines.map((line) => {
      const [expected = '', path = ''] = line.split('\t');
      return { expected, path };
    });
    return { heading: heading.slice(2), files };
  });
const files = blocks.flatMap((block) => block.files);

const classify = createClassifier();

/** Every path of a block, and the directories above them. */
function present(paths: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (let path of paths) for (; !found.has(path); path = dirname(path)) found.add(path);
  return found;
}

test.each(blocks)('$heading', ({ files: ofBlock }) => {
  const there = present(ofBlock.map(({ path }) => path));
  const given = ofBlock.map(({ path }) => {
    const hasBeside = (name: string): boolean => there.has(join(dirname(path), name));
    const facts = { path, hostPath: path, state: 'known', isInContainer: false, isDirectory: false } as const;
    return `${classify({ ...facts, layer: null, isBound: false, fsType: 'ext4', hasBeside }).class} ${path}`;
  });
  expect(given).toEqual(ofBlock.map(({ expected, path }) => `${expected} ${path}`));
});

test('there are hundreds, of each class that a database, a service or a runtime writes', () => {
  expect(files.length).toBeGreaterThanOrEqual(400);
  expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
  const surveyed = new Set(files.map(({ expected }) => expected));
  const missing = namedRules.map((rule) => rule.class).filter((name) => !surveyed.has(name));
  expect(missing).toEqual(['image_metadata', 'build_cache', 'kubelet_state', 'block_device']);
});
