/** Every command, in the order `--help` and docs/cli.md show them. The rest of each is in its file, loaded on demand. */
import type { Entry } from '../command.ts';

export const commands: readonly Entry[] = [
  {
    name: 'top',
    describe: 'Who did how much of which I/O, and how slow it was',
    load: () => import('./top.ts'),
  },
  {
    name: 'slow',
    describe: 'Single operations that were slow, failed, or copied a file up',
    load: () => import('./slow.ts'),
  },
  {
    name: 'blame',
    describe: 'Beside whose I/O a container was slow',
    load: () => import('./blame.ts'),
  },
  {
    name: 'diagnose',
    describe: 'What is wrong with I/O, whose it is, and what to do',
    load: () => import('./diagnose.ts'),
  },
  {
    name: 'timeline',
    describe: 'Latency or load over time, a line for each container',
    load: () => import('./timeline.ts'),
  },
  {
    name: 'report',
    describe: 'A page of a window to keep or to send: findings, figures, tables',
    load: () => import('./report.ts'),
  },
  {
    name: 'devices',
    describe: 'Is a disk saturated: iostat -x over a window, beside what was traced',
    load: () => import('./devices.ts'),
  },
  {
    name: 'filesystems',
    describe: 'Space and inodes where container data lies',
    load: () => import('./filesystems.ts'),
  },
  {
    name: 'deleted',
    describe: 'Deleted files that are held open, and by whom',
    load: () => import('./deleted.ts'),
  },
  {
    name: 'classes',
    describe: 'What kinds of files are told apart, and what a path would be',
    load: () => import('./classes.ts'),
  },
  {
    name: 'sql',
    describe: 'Ask the recording in SQL, read-only',
    load: () => import('./sql.ts'),
  },
  {
    name: 'metrics',
    describe: 'The latest session for Prometheus',
    load: () => import('./metrics.ts'),
  },
  {
    name: 'snapshot',
    describe: 'A window of the recording as a database of its own, to send',
    load: () => import('./snapshot.ts'),
  },
  {
    name: 'mcp',
    describe: 'The same answers for an assistant, over MCP on stdin and stdout',
    load: () => import('./mcp.ts'),
  },
  {
    name: 'serve',
    describe: 'The report and the metrics over HTTP, read-only',
    load: () => import('./serve.ts'),
  },
  {
    name: 'status',
    describe: 'How the latest session fares: coverage, losses, cost',
    load: () => import('./status.ts'),
  },
  {
    name: 'doctor',
    describe: 'What this machine can record, and what keeps it from more',
    load: () => import('./doctor.ts'),
  },
  {
    name: 'record',
    describe: 'Record from this kernel until told to end (root)',
    load: () => import('./record.ts'),
  },
  {
    name: 'daemon',
    describe: 'The same as a service: records until SIGTERM (root)',
    load: () => import('./daemon.ts'),
  },
  {
    name: 'completion',
    describe: 'What a shell completes command lines with: bash, zsh or fish',
    load: () => import('./completion.ts'),
  },
];

export const commandNames: readonly string[] = commands.map(({ name }) => name);
