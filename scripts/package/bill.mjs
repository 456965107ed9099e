// Prints the bill of materials of a package: what dist/ is made of, and the Node.js it carries.
// usage: node scripts/package/bill.mjs NODE
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { withProgram } from './parts.mjs';

const [path] = process.argv.slice(2);
const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
const bom = JSON.parse(readFileSync(new URL('../../dist/sbom.cdx.json', import.meta.url), 'utf8'));
const withNode = withProgram(bom, { name: 'nodejs', version, license: 'MIT', path });
process.stdout.write(`${JSON.stringify(withNode, null, 2)}\n`);
