import { operationNames } from '../schema/probes/index.ts';

/** The value of an argument, as its schema admits it. */
type Argument = {
  readonly type: 'string' | 'integer';
  readonly description: string;
  readonly enum?: readonly string[];
};

export type Tool = {
  readonly name: string;
  readonly description: string;
  readonly arguments: Readonly<Record<string, Argument>>;
  readonly required: readonly string[];
  /** The command line that answers; values are strings and integers by now. */
  readonly words: (given: Readonly<Record<string, string>>) => readonly string[];
};

/** Rows of an answer, unless fewer are asked for. */
const ROWS_MAX = 200;
const ROWS = 50;

const since = { type: 'string', description: 'The time until now: 15m, 1h, 2d. Default 15m' } as const;
const from = { type: 'string', description: 'Start of the window, as in 2026-11-21T12:30:00Z' } as const;
const to = { type: 'string', description: 'End of the window, like from. Default now' } as const;
const op = {
  type: 'string',
  description: `Only these, separated by commas: ${operationNames.join(', ')}`,
} as const;
const container = { type: 'string', description: 'Only the container of this name' } as const;
const limit = {
  type: 'integer',
  description: `Rows, at most ${String(ROWS_MAX)}. Default ${String(ROWS)}`,
} as const;
const window = { since, from, to };

/** `--name=value` of what was given: a value can't be taken for an option. */
const optionsOf = (given: Readonly<Record<string, string>>): string[] =>
  Object.entries(given).map(([name, value]) => `--${name}=${value}`);

const rows = ({ limit: asked, ...given }: Readonly<Record<string, string>>): string[] => [
  ...optionsOf(given),
  `--limit=${String(Math.min(ROWS_MAX, Math.max(1, Number(asked ?? ROWS))))}`,
  '--format=json',
];

export const tools: readonly Tool[] = [
  {
    name: 'diagnose',
    description:
      'What is wrong with I/O on this node in a window compared with the time before: findings with evidence, what to do, what was ruled out, what is not known. Ask this first.',
    arguments: {
      ...window,
      container: { type: 'string', description: 'How the container of this name suffers' },
    },
    required: [],
    words: (given) => ['diagnose', ...optionsOf(given), '--format=json'],
  },
  {
    name: 'top',
    description:
      'Who did how much of which I/O and how slow it was: counts, bytes, latency sum, P50, P95, P99, maximum, by group.',
    arguments: {
      ...{
        by: {
          type: 'string',
          description:
            'container, pod, cgroup, process, file, class, place, device, sync_kind; or several: container,file',
        },
      },
      ...{
        sort: {
          type: 'string',
          description: 'Largest first by',
          enum: ['latency', 'p99', 'max', 'ops', 'bytes'],
        },
      },
      ...{ op, container, ...window, limit },
    },
    required: [],
    words: (given) => ['top', ...rows(given)],
  },
  {
    name: 'timeline',
    description: 'Latency or load over time, a line for each container, operation or device.',
    arguments: {
      ...{ by: { type: 'string', description: 'A line for each', enum: ['container', 'op', 'device'] } },
      ...{ metric: { type: 'string', description: 'What is shown', enum: ['p99', 'rate', 'bytes'] } },
      ...{ op, container, ...window, limit },
    },
    required: [],
    words: (given) => ['timeline', ...rows(given)],
  },
  {
    name: 'slow',
    description:
      'Single operations that were slow or failed, and every copy-up: when, who, which file, how long.',
    arguments: {
      ...{ sort: { type: 'string', description: 'The slowest, or the latest', enum: ['latency', 'time'] } },
      ...{ op, container, ...window, limit },
    },
    required: [],
    words: (given) => ['slow', ...rows(given)],
  },
  {
    name: 'sql',
    description: `One SELECT over the views that the tool schema describes, read-only (SQLite). At most ${String(ROWS_MAX)} rows are returned.`,
    arguments: { query: { type: 'string', description: 'One SELECT' } },
    required: ['query'],
    words: ({ query = '' }) => ['sql', '--format=json', '--', limited(query)],
  },
  {
    name: 'schema',
    description: 'The views and what each of their columns means, with units.',
    arguments: {},
    required: [],
    words: () => ['sql', '--schema'],
  },
];

/** The query with a limit of ours around it. The line end is for a comment at its end. */
const limited = (query: string): string =>
  `SELECT * FROM (\n${query.trim().replace(/;\s*$/u, '')}\n) LIMIT ${String(ROWS_MAX)}`;

/** The arguments as strings, or what is wrong with them. */
export function readArguments(
  tool: Tool,
  given: unknown,
): { readonly values: Readonly<Record<string, string>> } | { readonly wrong: string } {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { wrong: 'arguments is no object' };
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const argument = tool.arguments[name];
    if (!argument) return { wrong: `${tool.name} takes no ${name}` };
    const isRight = argument.type === 'integer' ? Number.isInteger(value) : typeof value === 'string';
    if (!isRight) return { wrong: `${name} is no ${argument.type}` };
    if (argument.enum?.includes(String(value)) === false)
      return { wrong: `${name} is one of ${argument.enum.join(', ')}` };
    read[name] = String(value);
  }
  const missing = tool.required.find((name) => read[name] === undefined);
  return missing === undefined ? { values: read } : { wrong: `${missing} is missing` };
}
