import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Server } from 'node:http';
import type { Failure } from '../../failure.ts';
import { failure, isFailure } from '../../failure.ts';
import { databasePathToRead, openForReading } from '../../schema/open.ts';
import { isLoopback } from '../../serve/access.ts';
import { createWebServer } from '../../serve/server.ts';
import type { Global, Outcome, Typed } from '../command.ts';
import { defineCommand, text } from '../command.ts';
import { thisMachine } from '../machine.ts';
import { firstFailure, readCount, succeeded } from '../options/values.ts';
import { printToStderr, untilSignal } from '../output.ts';

const options = {
  listen: text('Address and port', '127.0.0.1:9477'),
  'token-file': text('Ask for the token in this file; needed beyond loopback'),
  'allow-host': text(
    'Names under which browsers may know it, separated by commas',
    'localhost, this host’s name',
  ),
  limit: text('Containers and cgroups with metrics of their own, at most', '500'),
} as const;

type ServeTyped = Typed<typeof options>;
type Address = { readonly host: string; readonly port: number };

async function runServe(typed: Global & ServeTyped): Promise<Outcome> {
  const parts = {
    address: readAddress(typed.listen ?? '127.0.0.1:9477'),
    token: typed['token-file'] === undefined ? undefined : readToken(typed['token-file']),
    ownersMax: readCount('--limit', typed.limit ?? '500', 1),
  };
  if (!succeeded(parts)) return firstFailure(parts);
  const { address, token, ownersMax } = parts;
  if (token === undefined && !isLoopback(address.host)) return needsToken(address);
  const path = databasePathToRead(typed.db);
  const db = openForReading(path);
  if (isFailure(db)) return db;
  db.close();
  const hosts = [hostname(), ...(typed['allow-host']?.split(',') ?? [])].map((name) =>
    name.trim().toLowerCase(),
  );
  const server = createWebServer({
    path,
    open: openForReading,
    machine: thisMachine,
    access: { token, hosts },
    ownersMax,
  });
  return serveUntilSignal(server, address);
}

function readAddress(typed: string): Address | Failure {
  const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/u.exec(typed) ?? [];
  if (host !== undefined && Number(port) <= 65_535) {
    return { host: host.replace(/^\[(.*)\]$/u, '$1'), port: Number(port) };
  }
  return failure('bad-argument', {
    seen: `--listen is ${JSON.stringify(typed)}`,
    expected: 'Type an address and a port, as in --listen 127.0.0.1:9477 or --listen [::1]:9477.',
  });
}

function readToken(file: string): string | Failure {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (/^\S{16,}$/u.test(token)) return token;
    const seen = `The token in ${file} is no word of 16 or more characters`;
    return failure('bad-argument', { seen, expected: `Make one: openssl rand -hex 32 > ${file}` });
  } catch (error) {
    const seen = `--token-file can't be read: ${error instanceof Error ? error.message : String(error)}`;
    return failure('bad-argument', { seen, expected: 'Make one: openssl rand -hex 32 > FILE' });
  }
}

function needsToken({ host }: Address): Failure {
  return failure('bad-argument', {
    seen: `${host} can be reached from other machines, and what is recorded names files and processes`,
    expected: 'Ask for a token with --token-file FILE, or listen on 127.0.0.1.',
  });
}

async function serveUntilSignal(server: Server, { host, port }: Address): Promise<Outcome> {
  const { signal } = untilSignal();
  const failed = await listen(server, host, port);
  if (failed) return failed;
  const bound = server.address();
  const shown = host.includes(':') ? `[${host}]` : host;
  const shownPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  printToStderr([`http://${shown}:${String(shownPort)}/ (and /metrics, /healthz). Ctrl-C ends it.`]);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  server.close();
  server.closeAllConnections();
  return 0;
}

function listen(server: Server, host: string, port: number): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    server.once('error', (error) => {
      const seen = `Listening on ${host}:${String(port)} failed: ${error.message}`;
      resolve(failure('bad-argument', { seen, expected: 'Name another with --listen ADDRESS:PORT.' }));
    });
    server.listen(port, host, () => {
      resolve(undefined);
    });
  });
}

export const command = defineCommand({
  options,
  examples: [
    ['$0 serve', 'A page of the last minutes at http://127.0.0.1:9477/'],
    ['$0 serve --listen 0.0.0.0:9477 --token-file /etc/iotrace/token', 'For Prometheus on another machine'],
  ],
  epilogue: 'It reads, and writes nothing; recording goes on beside it: docs/serve.md.',
  run: runServe,
});
