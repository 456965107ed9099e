// What every benchmark prints: a small table, and a line that says how its numbers came about.
import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';

/** Rows of equal length, the first the head; numbers to the right. */
export function printTable(rows) {
  const texts = rows.map((row) => row.map(String));
  const widths = texts[0].map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  for (const row of texts) {
    const cells = row.map((text, column) =>
      column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]),
    );
    console.log(cells.join('  '));
  }
}

export function printMethod(text) {
  const [cpu] = cpus();
  console.log(`\nmethod: ${text}`);
  console.log(`machine: ${cpu.model}, ${cpus().length} CPUs, Linux ${release()}, node ${process.version}\n`);
}

export const milliseconds = (run) => {
  const before = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - before) / 1e6;
};

/** CPU time of this process, ms: unlike wall time it hardly depends on what else runs. */
export const cpuMs = (run) => {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Wall time of a node command, ms: the best of `times` runs, because whatever disturbs a run makes it longer. */
export function commandMs(words, times = 15) {
  const options = { stdio: ['ignore', 'pipe', 'pipe'] };
  return best(
    Array.from({ length: times }, () => milliseconds(() => execFileSync(process.execPath, words, options))),
  );
}

export const best = (values) => Math.min(...values);
