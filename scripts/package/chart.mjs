// Writes a Helm chart into a folder, from the manifests of packaging/kubernetes/base: a value for each thing that
// differs between clusters, everything else as it is there.
// usage: node scripts/package/chart.mjs DIR
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const root = new URL('../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const { version, description } = JSON.parse(read('package.json'));
const base = 'packaging/kubernetes/base';
const { spec } = parse(read(`${base}/daemonset.yaml`)).spec.template;
const [container] = spec.containers;
const [repository] = container.image.split(':');

const values = {
  image: { repository, tag: version, pullPolicy: container.imagePullPolicy },
  imagePullSecrets: [],
  args: container.args,
  resources: container.resources,
  nodeSelector: spec.nodeSelector,
  tolerations: spec.tolerations,
  recordingPath: spec.volumes.find(({ name }) => name === 'recording').hostPath.path,
};

/** Lines of the manifests, the values in their place, and how deep a block is that takes the place of several. */
const replacements = [
  ['image: ' + container.image, 'image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"'],
  ['imagePullPolicy: ' + container.imagePullPolicy, 'imagePullPolicy: {{ .Values.image.pullPolicy }}'],
  ['args: [daemon]', 'args: {{ toJson .Values.args }}'],
  ['path: ' + values.recordingPath, 'path: {{ .Values.recordingPath }}'],
];
const blocks = ['resources', 'nodeSelector', 'tolerations'];

function template(text) {
  let filled = text;
  for (const [line, value] of replacements) filled = once(filled, line, value);
  for (const name of blocks) filled = withBlock(filled, name);
  return once(
    filled,
    'enableServiceLinks: false',
    'enableServiceLinks: false\n      imagePullSecrets: {{ toJson .Values.imagePullSecrets }}',
  );
}

/** Throws where a line is missing, or there twice: the manifest has changed, and this with it. */
function once(text, line, value) {
  const [before, after, ...more] = text.split(`${line}\n`);
  if (after === undefined || more.length > 0) throw new Error(`daemonset.yaml has not exactly one "${line}"`);
  return `${before}${value}\n${after}`;
}

/** A key with all that is indented below it (a list is not, by one less) becomes one line of JSON, which is YAML. */
function withBlock(text, name) {
  const block = new RegExp(`^( *)${name}:\\n(?:\\1 +.*\\n)+`, 'mu');
  if (!block.test(text)) throw new Error(`daemonset.yaml has no block "${name}"`);
  return text.replace(block, `$1${name}: {{ toJson .Values.${name} }}\n`);
}

const [folder] = process.argv.slice(2);
const write = (path, text) => writeFileSync(join(folder, path), text);
mkdirSync(join(folder, 'templates'), { recursive: true });
write(
  'Chart.yaml',
  stringify({
    apiVersion: 'v2',
    name: 'iotrace',
    type: 'application',
    version,
    appVersion: version,
    description,
  }),
);
write('values.yaml', stringify(values));
for (const name of readdirSync(new URL(base, root))) {
  if (name === 'kustomization.yaml' || name === 'namespace.yaml') continue;
  const text = read(`${base}/${name}`);
  write(`templates/${name}`, name === 'daemonset.yaml' ? template(text) : text);
}
