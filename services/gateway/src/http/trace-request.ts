import type { IncomingMessage, ServerResponse } from 'node:http';
import { tracing } from '@heddle/tracing';
import { traceparentOf } from './traceparent.ts';

/**
 * The span of a request to `/v1`, if somebody traces. Whatever the request causes reads its `traceparent` header: that is this
 * span's from here on, and no longer the client's, who is its parent.
 */
export function traceRequest(
  request: IncomingMessage,
  response: ServerResponse,
  routeOf: (response: ServerResponse) => string | undefined,
): void {
  const active = tracing();
  if (!active || !request.url?.startsWith('/v1/')) return;
  const method = request.method ?? '_OTHER';
  const span = active.start(method, {
    kind: 'server',
    parent: traceparentOf(request.headers['traceparent']),
    attributes: {
      'http.request.method': method,
      'url.scheme': 'http',
      'url.path': request.url.split('?', 1)[0],
      'user_agent.original': request.headers['user-agent'],
      'client.address': request.socket.remoteAddress,
    },
  });
  request.headers['traceparent'] = span.traceparent;
  response.once('close', () => {
    const route = routeOf(response);
    if (route !== undefined) span.rename(`${method} ${route}`);
    span.set({ 'http.route': route });
    if (response.writableFinished) {
      const { statusCode } = response;
      span.set({ 'http.response.status_code': statusCode });
      if (statusCode >= 500) span.fail(String(statusCode), response.statusMessage);
    } else span.fail('client_gone', 'the client left before its answer was written');
    span.end();
  });
}
