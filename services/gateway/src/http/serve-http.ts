import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { BrokerLog } from '@heddle/broker';
import { HeddleError } from '@heddle/contracts';
import type { HttpMetrics } from '@heddle/service';
import { answerError } from './answer.ts';
import { answerBroken, HEADERS_TIMEOUT_MS } from './answer-broken.ts';
import { answerRoute } from './answer-route.ts';
import { buildApp } from './build-app.ts';
import { noteRoute, observeBroken, observeRequest } from './observe-requests.ts';
import type { Route } from './route.ts';

const CHECK_CONNECTIONS_MS = 2_000;
/** Longer than the usual 60 s of load balancers, which would otherwise reuse a connection that is just being closed. */
const KEEP_ALIVE_MS = 65_000;
/**
 * How long an idle connection stays open after draining began. Closed at once, it may go just as its client sends the next
 * request on it, which then fails without an answer; a busy client sends it within this time and is told 503 instead, also
 * on a machine so busy that processes stand still for some tenths of a second.
 */
const LAST_REQUEST_MS = 1_000;
/** That time is counted in so many steps, and between two of them what has come is read: standing still for longer takes but one of them. */
const LAST_REQUEST_STEPS = 10;

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly maxRequests: number;
  readonly routes: readonly Route[];
  readonly http: HttpMetrics;
  readonly log: BrokerLog;
  /** Milliseconds that idle connections stay open when draining begins. Default 1,000. */
  readonly lastRequestMs?: number | undefined;
}

export interface HttpServer {
  readonly url: string;
  /** Takes nothing new, waits for the requests at work, at most `limitMs`, and closes every connection. */
  drain(limitMs: number): Promise<void>;
}

/** Serves the routes. The hottest one is answered without going through Express, whose routing is half of its cost. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { routes, http, log, maxRequests, lastRequestMs = LAST_REQUEST_MS } = options;
  const app = buildApp(routes, log);
  const hot = routes.find(({ method, path }) => method === 'POST' && path === HOT_PATH);
  const active = new Set<ServerResponse>();
  let draining = false;

  const server = createServer(
    { keepAlive: true, noDelay: true, connectionsCheckingInterval: CHECK_CONNECTIONS_MS },
    (request, response) => {
      observeRequest(request, response, http);
      active.add(response);
      response.once('close', () => active.delete(response));
      if (draining) return refuse(request, response, new HeddleError('shutting_down', 'try another gateway'));
      if (active.size > maxRequests) {
        return refuse(
          request,
          response,
          new HeddleError('overloaded', `${maxRequests} requests are at work`),
        );
      }
      if (hot && request.method === 'POST' && request.url === HOT_PATH) {
        noteRoute(response, HOT_PATH);
        void answerRoute(hot.handle, request, response, {}, log);
      } else app(request, response);
    },
  );
  server.on('clientError', (error, socket) =>
    answerBroken(error, socket as Socket, active, (status, response) =>
      observeBroken(status, response, http),
    ),
  );
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await listen(server, options.port, options.host);

  return {
    url: urlOf(server.address() as AddressInfo),
    drain: (limitMs) => {
      draining = true;
      // A connection that is kept alive would be reused for a request that we then refuse.
      for (const response of active) response.shouldKeepAlive = false;
      return closeWithin(server, limitMs, Math.min(lastRequestMs, limitMs));
    },
  };
}

const HOT_PATH = '/v1/jobs';

function refuse(request: IncomingMessage, response: ServerResponse, error: HeddleError): void {
  response.shouldKeepAlive = false;
  answerError(request, response, error);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Stops listening at once, closes what is idle after `idleMs`, and everything after `limitMs`. */
function closeWithin(server: Server, limitMs: number, idleMs: number): Promise<void> {
  return new Promise((resolve) => {
    let steps = LAST_REQUEST_STEPS;
    const step = () => {
      steps -= 1;
      if (steps === 0) server.close();
      else closeIdle = setTimeout(step, idleMs / LAST_REQUEST_STEPS);
    };
    let closeIdle = setTimeout(step, idleMs / LAST_REQUEST_STEPS);
    const closeAll = setTimeout(() => server.closeAllConnections(), limitMs);
    // Not the HTTP server's own `close`, which begins with the idle connections.
    NetServer.prototype.close.call(server, () => {
      clearTimeout(closeIdle);
      clearTimeout(closeAll);
      resolve();
    });
  });
}
