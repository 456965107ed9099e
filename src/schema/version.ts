import { readFileSync } from 'node:fs';
import { packageFile } from '../package-file.ts';

const manifest: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));

/** The version of this iotrace, from its package.json. */
export const iotraceVersion =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
