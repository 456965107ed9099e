// node scripts/bench/rates.mjs [SECONDS]: what the capture costs at 1 k to 1 M operations a second of 100 containers (root).
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { ask, buildLoad, cgroup2, folder, record, run } from './capture.mjs';
import { printMethod, printTable } from './table.mjs';

const seconds = Number(process.argv[2] ?? 40);
const containers = 100;
const load = buildLoad();
const parent = join(cgroup2(), 'iotrace-bench');
mkdirSync(parent, { recursive: true });

async function costAt(rate) {
  const database = join(folder, `${rate}.db`);
  const recording = await record(database, '--max-cpu', '10000%');
  const began = Date.now() * 1000;
  const done = Number(
    run(load, 'paced', join(folder, 'page'), String(rate), String(seconds), String(containers), parent),
  );
  const ended = Date.now() * 1000;
  await recording.stop();
  // Whole intervals under load, but the first, in which every name is new.
  const [cost] = ask(
    database,
    `SELECT 0.1 * sum(daemon_cpu_us) / sum(ended_us - started_us) * 1000 AS daemon,
       0.1 * sum(bpftrace_cpu_us) / sum(ended_us - started_us) * 1000 AS bpftrace,
       0.1 * sum(kernel_cpu_us) / sum(ended_us - started_us) * 1000 AS kernel,
       max(daemon_rss_bytes) / 1048576 AS rss, sum(row_count) / count(*) AS row_count,
       1e6 * sum(kernel_op_count) / sum(ended_us - started_us) AS traced
     FROM ledger WHERE started_us > ${began} + 5000000 AND ended_us < ${ended}`,
  );
  const [counted] = ask(
    database,
    `SELECT sum(op_count) AS n FROM file_io WHERE process = 'load' AND op = 'read'`,
  );
  const [lost] = ask(
    database,
    'SELECT sum(uncounted_count) AS uncounted, sum(skipped_count) AS skipped FROM ledger',
  );
  return { rate, done, counted: counted.n, ...lost, ...cost };
}

const results = [];
for (const rate of [1000, 10_000, 100_000, 1_000_000]) results.push(await costAt(rate));
for (const name of readdirSync(parent).filter((each) => each.startsWith('bench')))
  rmdirSync(join(parent, name));
rmdirSync(parent);
const percent = (value) => (value === null ? '–' : value.toFixed(2));
printTable([
  [
    'asked/s',
    'traced/s',
    'done',
    'counted',
    'uncounted',
    'skipped',
    'daemon %',
    'bpftrace %',
    'user %',
    'kernel %',
    'rows/interval',
    'RSS MiB',
  ],
  ...results.map((each) => [
    each.rate,
    Math.round(each.traced),
    each.done,
    each.counted,
    each.uncounted,
    each.skipped,
    percent(each.daemon),
    percent(each.bpftrace),
    percent(each.daemon + each.bpftrace),
    percent(each.kernel),
    Math.round(each.row_count),
    Math.round(each.rss),
  ]),
]);
printMethod(
  `cached 4 KiB reads of ${containers} cgroups, ${seconds} s a rate, intervals of 5 s; percent of one CPU; kernel: from a sample of bpf_stats`,
);
