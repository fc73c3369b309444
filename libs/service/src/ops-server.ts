import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { sendMetrics } from './metrics/send-metrics.ts';

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/metrics`, `/healthz` and `/readyz`, and nothing else.
 * `/healthz` says that the process lives and never looks at the broker, so that nobody restarts a service because the
 * broker is away; `/readyz` answers 503 with the reasons that `notReady` gives.
 */
export async function startOpsServer(options: {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  notReady(): readonly string[];
}): Promise<OpsServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answer(response, 405, { error: 'only GET' });
    if (path === '/healthz') return answer(response, 200, { status: 'ok' });
    if (path === '/readyz') {
      const reasons = options.notReady();
      return answer(response, reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons });
    }
    if (path === '/metrics') {
      sendMetrics(request, response, options.registry).catch((error: unknown) =>
        answer(response, 500, { error: String(error) }),
      );
      return;
    }
    answer(response, 404, { error: 'only /metrics, /healthz and /readyz are served here' });
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  await listen(server, options.port, options.host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
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
