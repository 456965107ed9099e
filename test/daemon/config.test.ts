import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseConfig, readConfig } from '../../src/daemon/config.ts';
import { explain, exitCode, isFailure } from '../../src/failure.ts';
import { createClassifier } from '../../src/schema/classify.ts';

const folder = mkdtempSync(join(tmpdir(), 'iotrace-config-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const said = (value: unknown): string => {
  const read = parseConfig(typeof value === 'string' ? value : JSON.stringify(value), 'c.json');
  return isFailure(read) ? explain(read) : JSON.stringify(read);
};
const rule = (members: object): string => said({ classes: [{ class: 'ok', paths: ['/ok'], ...members }] });

test('the example of the page about classes is read, and classifies', () => {
  const [, example = ''] = /```json\n([\s\S]*?)```/u.exec(readFileSync('docs/classes.md', 'utf8')) ?? [];
  const config = parseConfig(example, 'docs/classes.md');
  if (isFailure(config)) throw new Error(explain(config));
  const facts = {
    state: 'known',
    isInContainer: true,
    layer: 'writable',
    isBound: false,
    fsType: 'ext4',
    isDirectory: false,
    hasBeside: () => false,
  } as const;
  const classOf = (path: string) =>
    createClassifier(config.classes)({ ...facts, path, hostPath: path }).class;
  expect(classOf('/srv/orders/wal/17')).toBe('orders_wal');
  expect(classOf('/srv/orders-17.wal')).toBe('orders_wal');
  expect(classOf('/tmp/x')).toBe('scratch');
});

test('a file without rules is fine', () => {
  expect(said({})).toBe('{"classes":[]}');
  expect(said({ classes: [] })).toBe('{"classes":[]}');
});

describe('what is wrong is said, with where and what to type', () => {
  test('of the file', () => {
    expect([said([]), said({ clases: [] }), said({ classes: {} })]).toMatchInlineSnapshot(`
      [
        "c.json is not understood. The file is no object. Type as in {"classes": [{"class": "orders_wal", "paths": ["/srv/orders/wal/**"]}]}.",
        "c.json is not understood. The file has "clases", which means nothing here. Type as in {"classes": [{"class": "orders_wal", "paths": ["/srv/orders/wal/**"]}]}.",
        "c.json is not understood. "classes" is no list. Type as in {"classes": [{"class": "orders_wal", "paths": ["/srv/orders/wal/**"]}]}.",
      ]
    `);
  });

  test('of its syntax, with the line', () => {
    expect(said('{"classes": [\n{"class": "a",}]}')).toMatch(
      /^c\.json is not understood\. It is no JSON: .*\(line 2/u,
    );
  });

  test('of a rule', () => {
    expect([
      rule({ class: 'WAL files' }),
      said({ classes: [{ paths: ['/a'] }] }),
      rule({ paths: [] }),
      rule({ paths: '/srv/**' }),
      rule({ paths: ['/ok', '/srv/[ab'] }),
      rule({ places: ['volume_csy'] }),
      rule({ path: '/srv' }),
      rule({ means: 7 }),
      said({ classes: ['etcd'] }),
    ]).toMatchInlineSnapshot(`
      [
        "c.json is not understood. classes[0].class is "WAL files". Type a name of lower case letters, digits and _, as in "orders_wal".",
        "c.json is not understood. classes[0].class is missing. Type a name of lower case letters, digits and _, as in "orders_wal".",
        "c.json is not understood. classes[0].paths is []. Type a list of globs, as in ["**/wal/*.log"].",
        "c.json is not understood. classes[0].paths is "/srv/**". Type a list of globs, as in ["**/wal/*.log"].",
        "c.json is not understood. classes[0].paths[1] is "/srv/[ab", which is no glob. Close its brackets; a bracket meant as such is typed [[] or [{].",
        "c.json is not understood. classes[0].places is ["volume_csy"]. Type a list of these: device, writable_layer, image_layer, volume_empty_dir, volume_config, volume_csi, volume_nfs, volume_local, volume_subpath, volume_other, volume_named, volume_host_path, memory, host, unknown.",
        "c.json is not understood. classes[0] has "path", which means nothing here. It takes class, means, paths, places.",
        "c.json is not understood. classes[0].means is 7. Type a sentence.",
        "c.json is not understood. classes[0] is no object. It takes class, means, paths, places.",
      ]
    `);
  });

  test('of too many', () => {
    const many = Array.from({ length: 501 }, (_, index) => ({ class: `c${String(index)}`, paths: ['/a'] }));
    expect(said({ classes: many })).toMatchInlineSnapshot(
      `"c.json is not understood. "classes" has 501 rules. It takes 500: put the globs of one class into its "paths"."`,
    );
  });
});

test('a file that was named must be there; the default one need not', () => {
  const missing = readConfig(join(folder, 'none.json'));
  if (!isFailure(missing)) throw new Error('it was read');
  expect(explain(missing).replaceAll(folder, 'FOLDER')).toMatchInlineSnapshot(
    `"FOLDER/none.json is not understood. It can't be read: ENOENT: no such file or directory, open 'FOLDER/none.json'. Name another with --config FILE, or leave it out."`,
  );
  expect(exitCode(missing)).toBe(2);
  const path = join(folder, 'some.json');
  writeFileSync(path, '{"classes": [{"class": "a", "paths": ["/a"]}]}');
  expect(readConfig(path)).toEqual({ classes: [{ class: 'a', means: '', paths: ['/a'] }] });
});
