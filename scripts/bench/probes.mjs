// node scripts/bench/probes.mjs [ROUNDS]: what a traced call costs more than an untraced one, in ns, by tracer (root).
//
// One process calls as fast as it can; the tracers take turns, round by round, so that all meet the same machine.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ask, buildLoad, folder, record, run, start } from './capture.mjs';
import { median, printMethod, printTable } from './table.mjs';

const rounds = Number(process.argv[2] ?? 5);
const load = buildLoad();
const loads = {
  pread: { file: join(folder, 'page'), count: 200_000, call: 'pread64', what: 'cached 4 KiB read' },
  fsync: { file: '/dev/shm/iotrace-bench', count: 200_000, call: 'fsync', what: 'fsync on tmpfs' },
  block: { file: join(folder, 'direct'), count: 2000, call: 'pread64', what: 'O_DIRECT 4 KiB read' },
};

/** Prints each event, as one would first write it. */
const printer = (call) => `
  tracepoint:syscalls:sys_enter_${call} /comm == "load"/ { @s[tid] = nsecs; }
  tracepoint:syscalls:sys_exit_${call} /@s[tid]/ { printf("%d %s %d\\n", pid, comm, nsecs - @s[tid]); delete(@s[tid]); }`;

const nsPerCall = (words) => Number(run(...words));
const loop = (kind) => [load, 'loop', kind, loads[kind].file, String(loads[kind].count)];
const fewer = (kind) => [...loop(kind).slice(0, 4), String(Math.min(20_000, loads[kind].count))];

const tracers = {
  none: async (kind) => ({ ns: nsPerCall(loop(kind)) }),
  iotrace: async (kind) => {
    const database = join(folder, `${kind}-${Math.random()}.db`);
    const recording = await record(database);
    const ns = nsPerCall(loop(kind));
    await recording.stop();
    const [lost] = ask(database, 'SELECT sum(uncounted_count) + sum(skipped_count) AS n FROM ledger');
    const [cpu] = ask(
      database,
      'SELECT (sum(daemon_cpu_us) + sum(bpftrace_cpu_us)) * 0.1 / sum(ended_us - started_us) AS n FROM ledger',
    );
    return { ns, lost: lost.n, cpu: cpu.n * 1000 };
  },
  'bpftrace printf': async (kind) => {
    const printed = join(folder, 'printed');
    // Into a file: a pipe would be read by this process, which waits for the load.
    const bpftrace = await start('bpftrace', ['-o', printed, '-e', printer(loads[kind].call)]);
    await setTimeout(4000);
    const began = Date.now();
    const before = bpftrace.cpuMs();
    const ns = nsPerCall(loop(kind));
    const cpu = (100 * (bpftrace.cpuMs() - before)) / (Date.now() - began);
    await bpftrace.stop();
    const lines = readFileSync(printed, 'utf8')
      .split('\n')
      .filter((line) => line.includes(' load ')).length;
    return { ns, cpu, lost: Math.max(0, loads[kind].count - lines) };
  },
  'perf trace': async (kind) => ({
    ns: nsPerCall(['perf', 'trace', '-e', loads[kind].call, '-o', '/dev/null', ...fewer(kind)]),
  }),
  'strace -f': async (kind) => ({
    ns: nsPerCall([
      'strace',
      '-f',
      '-ttT',
      '-e',
      `trace=${loads[kind].call}`,
      '-o',
      '/dev/null',
      ...fewer(kind),
    ]),
  }),
};

for (const [kind, { what }] of Object.entries(loads)) {
  const seen = Object.fromEntries(Object.keys(tracers).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, trace] of Object.entries(tracers)) {
      try {
        seen[name].push(await trace(kind));
      } catch (error) {
        if (round === 0) console.error(`${name} does not run here: ${error.message.split('\n')[0]}`);
      }
    }
  }
  const bare = median(seen.none.map(({ ns }) => ns));
  const own = median(seen.iotrace.map(({ ns }) => ns)) - bare;
  const cell = (values, digits) =>
    values.some((value) => value === undefined) ? '–' : median(values).toFixed(digits);
  const rows = Object.entries(seen)
    .filter(([, results]) => results.length > 0)
    .map(([name, results]) => {
      const ns = median(results.map((result) => result.ns));
      const column = (key, digits) =>
        cell(
          results.map((result) => result[key]),
          digits,
        );
      const added = ns - bare;
      return [
        name,
        ns.toFixed(0),
        added.toFixed(0),
        (bare / ns).toFixed(3),
        name === 'none' ? '–' : (added / own).toFixed(1),
        column('cpu', 1),
        column('lost', 0),
      ];
    });
  console.log(`\n${what}`);
  printTable([['tracer', 'ns/call', 'added', 'throughput', '× iotrace', 'CPU %', 'lost'], ...rows]);
}
printMethod(
  `median of ${rounds} rounds in which the tracers take turns; throughput: of the untraced loop; CPU: the tracer's own user space`,
);
