import { rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openForReading } from '../../src/schema/open.ts';
import { wallUs } from '../../src/schema/units.ts';
import { refusal } from '../../src/serve/access.ts';
import { createWebServer } from '../../src/serve/server.ts';
import { temporaryFolder } from '../cli/run.ts';
import { demo } from '../query/demo.ts';
import { parseOpenMetrics } from '../query/openmetrics.ts';
import { NOON_US } from '../query/recording.ts';

const folder = temporaryFolder();
const path = join(folder, 'demo.db');
const recording = demo(path);
let isAlive = true;
const server = createWebServer({
  path,
  open: openForReading,
  machine: () => ({ nowUs: wallUs(NOON_US + 15e6), bootId: 'boot-1', isAlive: () => isAlive }),
  access: { token: 'a-token-of-some-length', hosts: ['node-a'] },
  ownersMax: 500,
});
let port = 0;

beforeAll(async () => {
  recording.db.exec('UPDATE session_record SET ended_us = NULL, alive_us = started_us + 15000000');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
afterAll(() => {
  server.close();
  recording.db.close();
  rmSync(folder, { recursive: true });
});

type Answer = { status: number | undefined; headers: IncomingHttpHeaders; body: string };

async function ask(
  at: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Answer> {
  const authorization = 'Bearer a-token-of-some-length';
  return new Promise((resolve, reject) => {
    const asked = request({ port, path: at, method, headers: { authorization, ...headers } }, (response) => {
      void textOf(response).then((body) => {
        resolve({ status: response.statusCode, headers: response.headers, body });
      });
    });
    asked.on('error', reject).end();
  });
}

describe('who may ask', () => {
  const access = { token: undefined, hosts: ['node-a'] };
  test.each([
    ['localhost:9477', undefined],
    ['127.0.0.1:9477', undefined],
    ['[::1]:9477', undefined],
    ['10.1.2.3', undefined],
    ['NODE-A:9477', undefined],
    ['attacker.example', 403],
    ['localhost.attacker.example:9477', 403],
    ['127.0.0.1.attacker.example', 403],
    ['', 403],
    [undefined, 403],
  ])('with Host %s: %s', (host, expected) => {
    expect(refusal(access, { host, authorization: undefined })).toBe(expected);
  });

  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  test.each([
    ['Bearer secret', undefined],
    ['bearer secret', undefined],
    [basic('anybody:secret'), undefined],
    [basic(':secret'), undefined],
    ['Bearer secret2', 401],
    ['Bearer ', 401],
    [basic('secret'), undefined],
    [basic('secret:other'), 401],
    ['Digest secret', 401],
    [undefined, 401],
  ])('with Authorization %s: %s', (authorization, expected) => {
    expect(refusal({ token: 'secret', hosts: [] }, { host: 'localhost', authorization })).toBe(expected);
  });

  test('a stranger is asked for the token, and told nothing', async () => {
    const { status, headers, body } = await ask('/metrics', { authorization: '' });
    expect([status, headers['www-authenticate']]).toEqual([401, 'Basic realm="iotrace", charset="UTF-8"']);
    expect(body).not.toContain('iotrace_');
  });

  test('a rebound name is refused before the token is looked at', async () => {
    expect((await ask('/', { host: 'attacker.example' })).status).toBe(403);
  });
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', async (method) => {
  const { status, headers } = await ask('/', {}, method);
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
});

describe('the page', () => {
  test('is the report of the last minutes, with a form', async () => {
    const { status, headers, body } = await ask('/?since=5m&compare=on&container=api');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(body).toContain('payments/api-7d9f8c6b5-x2k4q/api');
    expect(body).toContain('<option selected>5m</option>');
    expect(body).toMatch(/name="container" value="api"/u);
  });

  test('may not be framed, kept, or run anything that is not its own', async () => {
    const { headers } = await ask('/');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/u);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('shows what was typed as text', async () => {
    const { body } = await ask(`/?container=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(body).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
  });

  test('a HEAD has its length and no body', async () => {
    const { headers, body } = await ask('/', {}, 'HEAD');
    expect([Number(headers['content-length']) > 10_000, body]).toEqual([true, '']);
  });

  test('there is no other', async () => {
    expect((await ask('/../../etc/passwd')).status).toBe(404);
  });
});

describe('/metrics', () => {
  const fsyncs = async () => {
    const { body } = await ask('/metrics', { accept: 'application/openmetrics-text; version=1.0.0' });
    const samples = parseOpenMetrics(body).find(({ name }) => name === 'iotrace_operations')?.samples ?? [];
    return samples.find(({ labels }) => labels['container'] === 'api' && labels['op'] === 'fsync')?.value;
  };

  test('is in the format that is asked for', async () => {
    expect((await ask('/metrics')).headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const { headers } = await ask('/metrics', { accept: 'application/openmetrics-text' });
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  });

  test('adds what was stored since, and keeps what retention removes', async () => {
    expect(await fsyncs()).toBe(21);
    const flush = recording.interval(15);
    const api = {
      container: 'api',
      pod: 'api-7d9f8c6b5-x2k4q',
      namespace: 'payments',
      process: 'postgres',
      pid: 3107,
    };
    recording.operations(flush, api, { op: 'fsync', variant: 1, latencies: [1e6, 2e6] });
    expect(await fsyncs()).toBe(23);
    recording.db.exec('DELETE FROM total WHERE interval_id = 1; DELETE FROM bucket WHERE interval_id = 1');
    expect(await fsyncs()).toBe(23);
  });

  test('begins anew with a session', async () => {
    recording.session({ started_us: NOON_US + 20e6, ended_us: null });
    expect(await fsyncs()).toBeUndefined();
    recording.db.exec('DELETE FROM session_record WHERE session_id = 2');
  });
});

describe('/healthz', () => {
  test('is well while something records', async () => {
    const { status, body } = await ask('/healthz');
    expect([status, body]).toEqual([200, '{"state":"running","silent_s":0}\n']);
  });

  test('is not when the daemon is gone', async () => {
    isAlive = false;
    const { status, body } = await ask('/healthz');
    expect([status, body]).toEqual([503, '{"state":"vanished","silent_s":0}\n']);
    isAlive = true;
  });
});
