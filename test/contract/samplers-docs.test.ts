import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { samplerNames } from '../../src/schema/samplers.ts';
import { putCgroups, putDisk, roundOver } from '../daemon/samplers/sight.ts';
import { emptyTree, put } from '../daemon/lookups/trees.ts';

const page = readFileSync('docs/samplers.md', 'utf8');
const queries = [...page.matchAll(/^```sql samples\n([\s\S]*?)^```$/gmu)].map(([, query]) => query!);

/** A node with a disk, a container with limits, and pressure, sampled twice. */
function sampled() {
  const roots = emptyTree();
  const app = '/kubepods/pod1/app';
  const files = { 'io.max': '254:0 wbps=1048576\n', 'memory.max': '1048576\n' };
  putDisk(roots, '254:0', 'vda');
  putCgroups(roots, { [app]: files });
  const look = (count: number): void => {
    const stall = `total=${String(count * 1000)}\n`;
    const pressure = `some avg10=0.00 avg60=0.00 avg300=0.00 ${stall}full avg10=0.00 avg60=0.00 avg300=0.00 ${stall}`;
    put(
      `${roots.proc}/diskstats`,
      `254 0 vda ${String(count)} 0 800 30 50 5 1600 70 1 ${String(count)} 110\n`,
    );
    put(`${roots.proc}/stat`, `cpu ${String(count)} 0 5 800 ${String(count)} 0 0 0 0 0\nctxt 9\n`);
    put(`${roots.proc}/pressure/io`, pressure);
    put(`${roots.cgroup}${app}/io.pressure`, pressure);
    put(
      `${roots.cgroup}${app}/io.stat`,
      `254:0 rbytes=${String(count)} wbytes=1 rios=1 wios=1 dbytes=0 dios=0\n`,
    );
  };
  const round = roundOver(roots, ['diskstats', 'cpu', 'pressure', 'cgroup-io', 'cgroup-limits']);
  look(100);
  round.tick(0);
  look(900);
  round.tick(5);
  return round;
}

test('the queries of docs/samplers.md answer', () => {
  const { rows } = sampled();
  expect(queries).toHaveLength(3);
  for (const query of queries) expect([query, rows(query).length]).not.toEqual([query, 0]);
});

test('docs/samplers.md has a row for each sampler, and src/daemon/samplers a file', () => {
  const documented = [...page.matchAll(/^\| `([a-z-]+)`/gmu)].map(([, name]) => name);
  expect(documented).toEqual([...samplerNames]);
  const files = readdirSync('src/daemon/samplers', { recursive: true, encoding: 'utf8' }).map((path) =>
    basename(path, '.ts'),
  );
  expect(files).toEqual(expect.arrayContaining([...samplerNames]));
});
