import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { Roots } from '../../../src/daemon/lookups/roots.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/lookups', import.meta.url));

/**
 * A recorded tree. All were recorded on kernel 6.18 from Debian 12's packages, in a mount namespace
 * with a fresh /run and an ext4 image on /dev/loop0: containerd 1.6.20 (`ctr run`, and a pod through
 * the CRI socket), Docker 20.10.24 (`docker run`), Podman 4.3.1 (`podman run`, cgroupfs manager).
 */
export function recorded(name: 'containerd-1.6' | 'docker-20.10' | 'podman-4.3'): Roots {
  return rootsBelow(join(FIXTURES, name));
}

const made: string[] = [];
afterAll(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** An empty tree that is removed after the tests of the file. */
export function emptyTree(): Roots {
  const directory = mkdtempSync(join(tmpdir(), 'iotrace-lookups-'));
  made.push(directory);
  return rootsBelow(directory);
}

/** Writes a file, making its directories. */
export function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function rootsBelow(directory: string): Roots {
  return {
    host: directory,
    cgroup: join(directory, 'sys/fs/cgroup'),
    proc: join(directory, 'proc'),
    sys: join(directory, 'sys'),
    run: join(directory, 'run'),
    varLib: join(directory, 'var/lib'),
  };
}
