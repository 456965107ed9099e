// What dist/ is made of besides our own code: a bill of materials (CycloneDX 1.5) and the licences to hand on.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `modules`: paths of the files that went into the bundle. Versions and hashes are those of package-lock.json. Throws
 * where a package has no licence to hand on.
 */
export function describeParts(root, modules) {
  const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  const { packages } = json('package-lock.json');
  const { name, version, license } = json('package.json');
  const folders = [
    ...new Set(modules.flatMap((path) => /node_modules\/(?:@[^/]+\/)?[^/]+/u.exec(path)?.[0] ?? [])),
  ];
  const parts = folders.toSorted().map((folder) => ({
    name: folder.replace('node_modules/', ''),
    ...packages[folder],
    licenseText: licenseIn(join(root, folder)),
  }));
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': purlOf({ name, version }),
        name,
        version,
        ...licensed(license),
      },
    },
    components: [...parts.map(component), sqlite(root)],
  };
  const texts = parts.map(
    ({ name, version, licenseText }) => `${name} ${version}\n\n${licenseText.trim()}\n`,
  );
  return {
    bom,
    licenses: `iotrace contains, besides its own code:\n\n${[...texts, SQLITE_NOTICE].join('\n---\n\n')}`,
  };
}

/** A component that comes from the npm registry. */
function component({ name, version, license, integrity }) {
  const [algorithm, digest] = integrity.split('-');
  const content = Buffer.from(digest, 'base64').toString('hex');
  return {
    type: 'library',
    'bom-ref': purlOf({ name, version }),
    name,
    version,
    purl: purlOf({ name, version }),
    ...licensed(license),
    hashes: [{ alg: algorithm.replace('sha', 'SHA-'), content }],
  };
}

const purlOf = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;
const licensed = (id) => ({ licenses: [{ license: { id } }] });

const SQLITE_NOTICE = 'SQLite, in better_sqlite3.node\n\nIts authors dedicate it to the public domain.\n';

/** SQLite has no package of its own: better-sqlite3 carries its source. */
function sqlite(root) {
  const source = readFileSync(join(root, 'node_modules/better-sqlite3/deps/sqlite3/sqlite3.h'), 'utf8');
  const version = /#define SQLITE_VERSION\s+"([\d.]+)"/u.exec(source)[1];
  const purl = `pkg:generic/sqlite@${version}`;
  return { type: 'library', 'bom-ref': purl, name: 'sqlite', version, purl, ...licensed('blessing') };
}

function licenseIn(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e(?:\.md|\.txt)?$/iu.test(name));
  return readFileSync(join(folder, file), 'utf8');
}

/** The same bill with a program added that is carried as a file. */
export function withProgram(bom, { name, version, license, path }) {
  const purl = `pkg:generic/${name}@${version}`;
  const content = createHash('sha256').update(readFileSync(path)).digest('hex');
  const hashes = [{ alg: 'SHA-256', content }];
  const added = { type: 'application', 'bom-ref': purl, name, version, purl, ...licensed(license), hashes };
  return { ...bom, components: [...bom.components, added] };
}
