/** The read-only web view: a page of the last minutes, metrics, health. Nothing here writes. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Failure } from '../failure.ts';
import { explain, isFailure } from '../failure.ts';
import { CONTENT_SECURITY_POLICY, reportPage } from '../query/render/html/page.ts';
import { metricsText } from '../query/render/metrics.ts';
import { incident } from '../query/reports/incident/incident.ts';
import type { Family } from '../query/reports/metrics.ts';
import { metricsOf } from '../query/reports/metrics.ts';
import type { Machine } from '../query/reports/status.ts';
import type { Db } from '../schema/open.ts';
import { databaseFailure } from '../schema/open.ts';
import { wallUs } from '../schema/units.ts';
import type { Access } from './access.ts';
import { refusal } from './access.ts';
import { controls, readAsked, sinces } from './controls.ts';
import { health } from './health.ts';

export type ServeOptions = {
  readonly path: string;
  /** Opens the recording for reading. */
  readonly open: (path: string) => Db | Failure;
  readonly machine: () => Machine;
  readonly access: Access;
  /** Containers and cgroups with metrics of their own, at most. */
  readonly ownersMax: number;
};

type Answer = { readonly status: number; readonly type: string; readonly body: string };

const PLAIN = 'text/plain; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

/** Everything an answer carries: nobody may keep, frame or read it from another place. */
const HEADERS = {
  'Content-Security-Policy': `${CONTENT_SECURITY_POLICY}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

export function createWebServer(options: ServeOptions): Server {
  const scrape = createScrape(options);
  const server = createServer((request, response) => {
    send(request, response, answerTo(request, options, scrape));
  });
  // Nobody sends us more than a line and a few headers.
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  server.maxConnections = 64;
  return server;
}

type Scrape = () => readonly Family[] | Failure;

/** One connection for all scrapes: what it has added up is added to, and never read again. */
function createScrape({ path, open, ownersMax }: ServeOptions): Scrape {
  let read: (() => Family[] | undefined) | undefined;
  return () => {
    if (!read) {
      const db = open(path);
      if (isFailure(db)) return db;
      read = metricsOf(db, ownersMax);
    }
    return read() ?? [];
  };
}

function answerTo(request: IncomingMessage, options: ServeOptions, scrape: Scrape): Answer {
  const { host, authorization, accept = '' } = request.headers;
  const refused = refusal(options.access, { host, authorization });
  if (refused !== undefined) return refusals[refused];
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return plain(405, 'Only GET and HEAD: nothing here writes.');
  // The base only makes a path an address.
  const url = new URL(request.url ?? '/', 'http://localhost');
  try {
    switch (url.pathname) {
      case '/':
        return withDb(options, (db) => pageOf(db, url.searchParams, options.machine()));
      case '/metrics':
        return metricsAnswer(scrape(), accept);
      case '/healthz':
        return withDb(options, (db) => healthAnswer(db, options.machine()));
      default:
        return plain(404, 'There are /, /metrics and /healthz.');
    }
  } catch (error) {
    const failed = databaseFailure(options.path, error);
    if (failed) return plain(503, explain(failed));
    throw error;
  }
}

const plain = (status: number, text: string): Answer => ({ status, type: PLAIN, body: `${text}\n` });

const refusals = {
  401: plain(401, 'A token is needed: Authorization: Bearer TOKEN, or the token as password.'),
  403: plain(403, 'This name is not ours. Ask by address, by localhost, or by a name of --allow-host.'),
} as const;

function withDb({ path, open }: ServeOptions, answer: (db: Db) => Answer): Answer {
  const db = open(path);
  if (isFailure(db)) return plain(503, explain(db));
  try {
    return answer(db);
  } finally {
    db.close();
  }
}

function pageOf(db: Db, parameters: URLSearchParams, { nowUs }: Machine): Answer {
  const asked = readAsked(parameters);
  const lengthUs = sinces[asked.since] * 1e6;
  const window = { fromUs: wallUs(nowUs - lengthUs), toUs: nowUs };
  const baseline = { fromUs: wallUs(nowUs - 2 * lengthUs), toUs: window.fromUs };
  const { container, isCompared, language } = asked;
  const body = reportPage(
    incident(db, { periods: { window, baseline }, container, isCompared }),
    language,
    controls(asked),
  );
  return { status: 200, type: 'text/html; charset=utf-8', body };
}

function metricsAnswer(families: readonly Family[] | Failure, accept: string): Answer {
  if (isFailure(families)) return plain(503, explain(families));
  const isOpen = accept.includes('application/openmetrics-text');
  const body = [...metricsText(families, isOpen ? 'openmetrics' : 'prometheus')].join('');
  return { status: 200, type: isOpen ? OPENMETRICS : PROMETHEUS, body };
}

function healthAnswer(db: Db, machine: Machine): Answer {
  const found = health(db, machine);
  return {
    status: found.state === 'running' ? 200 : 503,
    type: 'application/json',
    body: `${JSON.stringify(found)}\n`,
  };
}

function send({ method }: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    ...HEADERS,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="iotrace", charset="UTF-8"' } : {}),
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
  });
  response.end(method === 'HEAD' ? undefined : body);
}
