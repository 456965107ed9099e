/** The Model Context Protocol over lines of JSON-RPC 2.0 (modelcontextprotocol.io, transport stdio): tools only. */
import { iotraceVersion } from '../schema/version.ts';
import type { Tool } from './tools.ts';
import { readArguments, tools } from './tools.ts';

/** What a command line came to. */
export type ToolOutcome = { readonly isOk: boolean; readonly text: string };
export type RunTool = (words: readonly string[]) => Promise<ToolOutcome>;

const VERSIONS = ['2025-06-18', '2025-03-26', '2024-11-05'] as const;
const INSTRUCTIONS =
  'iotrace recorded the I/O of a container node. Start with diagnose; a window in which nothing was recorded says which time the recording covers. Counts and bytes are exact; times are µs since 1970 in columns ending in _us, durations ns.';

type Id = string | number | null;
type Reply = { readonly jsonrpc: '2.0'; readonly id: Id } & (
  { readonly result: object } | { readonly error: { readonly code: number; readonly message: string } }
);

/** The answer to one line; `undefined` to a notification, which has none. */
export async function answerLine(line: string, run: RunTool): Promise<Reply | undefined> {
  const message = parse(line);
  if (message === undefined) return refuse(null, -32_700, 'this line is no JSON');
  const { id, method, params } = message;
  if (typeof method !== 'string') return refuse(id ?? null, -32_600, 'this is no request');
  if (id === undefined) return undefined;
  switch (method) {
    case 'initialize':
      return reply(id, initialized(params));
    case 'ping':
      return reply(id, {});
    case 'tools/list':
      return reply(id, { tools: tools.map(described) });
    case 'tools/call':
      return call(id, params, run);
    default:
      return refuse(id, -32_601, `there is no method ${method}`);
  }
}

type Message = {
  readonly id: Id | undefined;
  readonly method: unknown;
  readonly params: Readonly<Record<string, unknown>>;
};

function parse(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const { id, method, params } = objectOf(value);
    return {
      id: typeof id === 'string' || typeof id === 'number' ? id : undefined,
      method,
      params: objectOf(params),
    };
  } catch {
    return undefined;
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

const reply = (id: Id, result: object): Reply => ({ jsonrpc: '2.0', id, result });
const refuse = (id: Id, code: number, message: string): Reply => ({
  jsonrpc: '2.0',
  id,
  error: { code, message },
});

function initialized({ protocolVersion }: Message['params']): object {
  return {
    protocolVersion: VERSIONS.find((each) => each === protocolVersion) ?? VERSIONS[0],
    capabilities: { tools: {} },
    serverInfo: { name: 'iotrace', version: iotraceVersion },
    instructions: INSTRUCTIONS,
  };
}

const described = ({ name, description, arguments: properties, required }: Tool): object => ({
  name,
  description,
  inputSchema: { type: 'object', properties, required, additionalProperties: false },
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
});

async function call(
  id: Id,
  { name, arguments: given = {} }: Message['params'],
  run: RunTool,
): Promise<Reply> {
  const tool = tools.find((each) => each.name === name);
  if (!tool) return refuse(id, -32_602, `there is no tool ${JSON.stringify(name)}`);
  const read = readArguments(tool, given);
  if ('wrong' in read) return refuse(id, -32_602, read.wrong);
  const { isOk, text } = await run(tool.words(read.values));
  return reply(id, { content: [{ type: 'text', text }], isError: !isOk });
}
