// Builds dist/, which is all of iotrace: the command, a file more for what each of its commands needs, loaded when it
// is typed (a hundred small files take node longer to find than to run: docs/performance.md, start-up), SQLite's native
// module, the programs of bpf/, the SQL of src/schema and the looks of a page. It runs wherever it is copied. The other scripts import what
// they use of src/ from internals.js.
import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { describeParts } from './package/parts.mjs';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const write = (name, text) => writeFileSync(at(`dist/${name}`), text);
const [major] = process.versions.node.split('.');

/** Finds the native module beside the bundle, where better-sqlite3 would search node_modules for it. */
const nativeModule = {
  name: 'native-module',
  resolveId: (id) => (id === 'bindings' ? '\0bindings' : undefined),
  load: (id) => (id === '\0bindings' ? bindings : undefined),
};
const bindings = `
module.exports = (name) => {
  if (process.versions.modules !== '${process.versions.modules}' || process.arch !== '${process.arch}') {
    throw new Error(\`this build is for Node.js ${major} on ${process.arch}, and this is \${process.version} on \${process.arch}\`);
  }
  return require(\`./\${name}\`);
};`;

const { output } = await build({
  platform: 'node',
  transform: { target: 'node20' },
  plugins: [nativeModule],
  input: { cli: at('src/cli.ts'), internals: at('scripts/internals.ts') },
  output: { dir: at('dist'), chunkFileNames: '[name].js', cleanDir: true },
});
chmodSync(at('dist/cli.js'), 0o755);
cpSync(at('node_modules/better-sqlite3/build/Release/better_sqlite3.node'), at('dist/better_sqlite3.node'));
const page = ['page.css', 'page.js'].map((each) => `src/query/render/html/${each}`);
for (const path of ['bpf', 'src/schema/migrations', 'src/schema/views', ...page]) {
  cpSync(at(path), at(`dist/${path}`), { recursive: true });
}

const { name, version, description, license } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
const manifest = {
  ...{ name, version, description, license, type: 'module' },
  bin: { iotrace: 'cli.js' },
  files: ['*', '!internals.js'],
  engines: { node: `${major}.x` },
  os: ['linux'],
  cpu: [process.arch],
};
write('package.json', `${JSON.stringify(manifest, null, 2)}\n`);

const { bom, licenses } = describeParts(
  at('.'),
  output.flatMap(({ modules = {} }) => Object.keys(modules)),
);
write('sbom.cdx.json', `${JSON.stringify(bom, null, 2)}\n`);
write('LICENSES.txt', licenses);
