import { expect, test } from 'vitest';
import { samplerNames, samplers } from '../../../src/schema/samplers.ts';
import { emptyTree, put } from '../lookups/trees.ts';
import { putDisk, roundOver } from './sight.ts';

const VDA = '254 0 vda 100 2 800 30 50 5 1600 70 1 90 110 4 0 64 3 2 1';

test('all samplers have a name and a purpose', () => {
  expect(samplerNames).toEqual([...new Set(samplerNames)]);
  expect(samplers.filter(({ summary }) => summary.length < 10)).toEqual([]);
});

test('on a host that has none of their files every sampler says so, and none stops another', () => {
  const round = roundOver(emptyTree(), samplerNames);
  round.tick(0);
  round.tick(5);
  round.end(10);
  const ran = round.rows("SELECT DISTINCT sampler FROM sampler_coverage WHERE sampler <> 'store'");
  expect(ran.map(({ sampler }) => sampler).toSorted()).toEqual(samplerNames.toSorted());
  const missing = round.rows("SELECT DISTINCT sampler FROM sampler_coverage WHERE state = 'missing'");
  expect(missing.map(({ sampler }) => sampler).toSorted()).toEqual(
    expect.arrayContaining(['cgroup-io', 'cpu', 'diskstats', 'memory', 'pressure', 'process-io']),
  );
  for (const view of ['device_samples', 'host_samples', 'container_samples', 'process_samples']) {
    expect([view, round.rows(`SELECT * FROM ${view}`)]).toEqual([view, []]);
  }
});

test('only those that are asked for run', () => {
  const round = roundOver(emptyTree(), ['cpu']);
  round.tick(0);
  expect(round.rows('SELECT DISTINCT sampler FROM sampler_coverage')).toEqual([{ sampler: 'cpu' }]);
});

test('what they cost is a row a minute each, and one at the end', () => {
  const round = roundOver(emptyTree(), ['cpu']);
  for (let second = 0; second <= 65; second += 5) round.tick(second);
  round.end(70);
  const rows = round.rows(
    "SELECT sampler, round_count FROM sampler_costs WHERE sampler = 'cpu' ORDER BY ended_us",
  );
  expect(rows).toEqual([
    { sampler: 'cpu', round_count: 13 },
    { sampler: 'cpu', round_count: 2 },
  ]);
});

test('ticks that could not be written are written later, deltas and all', () => {
  const roots = emptyTree();
  putDisk(roots, '254:0', 'vda');
  put(`${roots.proc}/diskstats`, `${VDA}\n`);
  const round = roundOver(roots, ['diskstats']);
  round.tick(0);
  round.db.exec('ALTER TABLE tick RENAME TO away');
  put(`${roots.proc}/diskstats`, `${VDA.replace(' 100 ', ' 103 ')}\n`);
  round.tick(5);
  round.db.exec('ALTER TABLE away RENAME TO tick');
  put(`${roots.proc}/diskstats`, `${VDA.replace(' 100 ', ' 110 ')}\n`);
  round.tick(10);
  expect(round.rows('SELECT read_count FROM device_samples ORDER BY ended_us')).toEqual([
    { read_count: 3 },
    { read_count: 7 },
  ]);
  round.tick(15);
  expect(round.rows("SELECT subject, state FROM sampler_coverage WHERE sampler = 'store'")).toEqual([
    { subject: 'database', state: 'seen' },
    { subject: 'store', state: 'seen' },
  ]);
});

test('the wall clock may step: an interval is as long as the monotonic clock says', () => {
  const roots = emptyTree();
  putDisk(roots, '254:0', 'vda');
  put(`${roots.proc}/diskstats`, `${VDA}\n`);
  const round = roundOver(roots, ['diskstats']);
  round.tick(0);
  round.tick(5, -3600);
  expect(round.rows('SELECT elapsed_us FROM device_samples')).toEqual([{ elapsed_us: 5_000_000 }]);
});
