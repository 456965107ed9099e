import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import { demo } from '../query/demo.ts';
import { cliPath, iotrace, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const db = join(folder, 'demo.db');
demo(db).db.close();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const WINDOW = ['--from', '2026-11-21T12:00:00Z', '--to', '2026-11-21T12:00:15Z'];

test('a snapshot is asked as the recording is', () => {
  const path = join(folder, 'incident.iotrace');
  const { code, stderr } = iotrace(['snapshot', '--db', db, ...WINDOW, '-o', path]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/incident\.iotrace: \d+ KiB, 3 intervals\. Ask it: iotrace diagnose --db /u);
  const [ours, theirs] = [path, db].map((each) => iotrace(['top', '--db', each, ...WINDOW]).stdout);
  expect(ours).toBe(theirs);
});

test('without a file it asks for one', () => {
  const { code, stderr } = iotrace(['snapshot', '--db', db, ...WINDOW]);
  expect([code, stderr]).toEqual([
    2,
    'iotrace: --output has no value. Give a file, as in --output incident.iotrace.\n',
  ]);
});

/** A client as assistants have one: a request, a line; the next when it was answered. */
async function talk(messages: readonly object[]): Promise<Record<string, unknown>[]> {
  const child = spawn(process.execPath, [cliPath, 'mcp', '--db', db]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const replies: Record<string, unknown>[] = [];
  for (const message of messages) {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    if (!('id' in message)) continue;
    const { value } = (await lines.next()) as { value: string };
    replies.push(JSON.parse(value) as Record<string, unknown>);
  }
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
  return replies;
}

const call = (id: number, name: string, given: object = {}) => ({
  id,
  method: 'tools/call',
  params: { name, arguments: given },
});

describe('an assistant over MCP', () => {
  const from = '2026-11-21T12:00:00Z';
  const to = '2026-11-21T12:00:15Z';

  test('begins, lists the tools, and asks', async () => {
    const [begun, listed, answered, schema] = await talk([
      { id: 1, method: 'initialize', params: { protocolVersion: '2025-03-26', capabilities: {} } },
      { method: 'notifications/initialized' },
      { id: 2, method: 'tools/list' },
      call(3, 'top', { from, to, op: 'copy_up', limit: 1 }),
      call(4, 'schema'),
    ]);
    expect(begun).toMatchObject({
      id: 1,
      result: { protocolVersion: '2025-03-26', capabilities: { tools: {} }, serverInfo: { name: 'iotrace' } },
    });
    const names = (listed as { result: { tools: { name: string }[] } }).result.tools.map(({ name }) => name);
    expect(names).toEqual(['diagnose', 'top', 'timeline', 'slow', 'sql', 'schema']);
    const { content, isError } = (answered as { result: { content: { text: string }[]; isError: boolean } })
      .result;
    const rows = JSON.parse(content[0]!.text) as { container: string; op_count: number }[];
    expect([isError, rows.map(({ container, op_count }) => [container, op_count])]).toEqual([
      false,
      [['redis', 3]],
    ]);
    expect(JSON.stringify(schema)).toContain('latency_ns_sum');
  }, 60_000);

  test('can neither write, nor give an option, nor read without end', async () => {
    const recursive = 'WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
    const [written, option, endless, unknown, wrong] = await talk([
      call(1, 'sql', { query: 'DELETE FROM total' }),
      call(2, 'top', { container: '--db=/etc/passwd', from, to }),
      call(3, 'sql', { query: recursive }),
      call(4, 'record'),
      call(5, 'top', { db: '/etc/passwd' }),
    ]);
    expect(written).toMatchObject({ result: { isError: true } });
    expect(option).toMatchObject({ result: { content: [{ text: '[]\n' }] } });
    const { content } = (endless as { result: { content: { text: string }[] } }).result;
    expect(JSON.parse(content[0]!.text)).toHaveLength(200);
    expect(unknown).toMatchObject({ error: { code: -32_602, message: 'there is no tool "record"' } });
    expect(wrong).toMatchObject({ error: { code: -32_602, message: 'top takes no db' } });
  }, 60_000);

  test('what is no request is refused, and the next is answered', async () => {
    const replies = await talk([{ id: 1 }, { id: 2, method: 'resources/list' }, { id: 3, method: 'ping' }]);
    expect(replies).toMatchObject([
      { id: 1, error: { code: -32_600 } },
      { id: 2, error: { code: -32_601, message: 'there is no method resources/list' } },
      { id: 3, result: {} },
    ]);
  }, 60_000);
});
