import { execa } from 'execa';
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';

type Manifest = { apiVersion: string; kind: string; spec?: unknown };

const BASE = 'packaging/kubernetes/base';
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const manifests = (
  parse(readFileSync(`${BASE}/kustomization.yaml`, 'utf8')) as { resources: string[] }
).resources.map((name) => parse(readFileSync(join(BASE, name), 'utf8')) as Manifest);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iotrace-kubernetes-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Where kubernetes-types has a kind: `apps/v1` is apps/v1, `networking.k8s.io/v1` is networking/v1, `v1` is core/v1. */
function moduleOf({ apiVersion }: Manifest): string {
  const [group = '', groupVersion] = apiVersion.split('/');
  return groupVersion === undefined ? `core/${group}` : `${group.split('.')[0] ?? ''}/${groupVersion}`;
}

/** What TypeScript says of manifests typed as the API's schema has them: unknown, missing and mistyped fields. */
async function complaints(checked: readonly Manifest[]): Promise<string> {
  const lines = checked.map((manifest, index) => {
    const type = `import('kubernetes-types/${moduleOf(manifest)}.d.ts').${manifest.kind}`;
    return `export const m${String(index)}: ${type} = ${JSON.stringify(manifest)};`;
  });
  const file = join(folder, 'manifests.mts');
  writeFileSync(file, lines.join('\n'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--allowImportingTsExtensions',
    '--module',
    'nodenext',
  ];
  const { stdout } = await execa('npx', ['tsc', ...options, file], { reject: false });
  rmSync(join(folder, 'node_modules'));
  return stdout;
}

test('every field of the manifests is one of the API, of its type', async () => {
  expect(manifests.map(({ kind }) => kind)).toContain('DaemonSet');
  expect(await complaints(manifests)).toBe('');
  const misspelt = manifests.filter(({ kind }) => kind === 'DaemonSet').map((each) => JSON.stringify(each));
  const broken = misspelt.map((text) => JSON.parse(text.replace('"hostPID"', '"hostPid"')) as Manifest);
  expect(await complaints(broken)).toContain(`'"hostPid"' does not exist`);
}, 60_000);

test('the pod has the capabilities of the systemd unit, and the version of the package', () => {
  const unit = readFileSync('packaging/systemd/iotrace.service', 'utf8');
  const bounding = /^CapabilityBoundingSet=(.*)$/mu.exec(unit)?.[1]?.replaceAll('CAP_', '').split(' ');
  const text = readFileSync(`${BASE}/daemonset.yaml`, 'utf8');
  expect(/add: \[(.*)\]/u.exec(text)?.[1]?.split(', ')).toEqual(bounding);
  expect(text).toContain(`image: iotrace:${version}\n`);
});

test('the chart, filled with its own values, is the base', async () => {
  await execa('node', ['scripts/package/chart.mjs', folder]);
  const values = parse(readFileSync(join(folder, 'values.yaml'), 'utf8')) as Record<string, unknown>;
  const valueAt = (path: string): unknown =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], values);
  const fill = (text: string): string =>
    text
      .replaceAll(/\{\{ toJson \.Values\.([\w.]+) \}\}/gu, (_, path: string) => JSON.stringify(valueAt(path)))
      .replaceAll(/\{\{ \.Values\.([\w.]+) \}\}/gu, (_, path: string) => String(valueAt(path)));
  for (const name of readdirSync(join(folder, 'templates'))) {
    const filled = fill(
      readFileSync(join(folder, 'templates', name), 'utf8').replace(/^ *imagePullSecrets:.*\n/mu, ''),
    );
    expect(parse(filled)).toEqual(parse(readFileSync(join(BASE, name), 'utf8')));
  }
});
