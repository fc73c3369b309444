import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Registry } from 'prom-client';

const compress = promisify(gzip);

/** Answers a scrape; compressed for those who take that, as Prometheus does: names and labels repeat themselves, and a gateway has half a megabyte of them. */
export async function sendMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  registry: Registry,
): Promise<void> {
  const text = await registry.metrics();
  const headers = { 'content-type': registry.contentType, vary: 'accept-encoding' };
  if (!takesGzip(request.headers['accept-encoding'])) {
    response.writeHead(200, headers).end(text);
    return;
  }
  // Off the event loop, and as fast as it goes: most of the gain is there at once.
  const body = await compress(text, { level: constants.Z_BEST_SPEED });
  response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(body);
}

function takesGzip(accepted: string | string[] | undefined): boolean {
  return /(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/.test(
    String(accepted ?? ''),
  );
}
