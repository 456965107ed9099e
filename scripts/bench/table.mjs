// What every benchmark prints: a small table, and a line that says how its numbers came about.
import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';

/** Rows of equal length, the first the head; numbers to the right. */
export function printTable(rows) {
  const texts = rows.map((row) => row.map(String));
  const widths = texts[0].map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  for (const row of texts) {
    const cells = row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column])));
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

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Wall time of a command, ms: the median of `times` runs after one that warms up. */
export function commandMs(words, times = 11) {
  const once = () => milliseconds(() => execFileSync(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] }));
  once();
  return median(Array.from({ length: times }, once));
}
