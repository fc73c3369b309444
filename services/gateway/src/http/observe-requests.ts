import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceMetrics } from '@heddle/service';

const routes = new WeakMap<ServerResponse, string>();

/** Says which route answers, for the metric's label: its pattern, never the path itself. */
export function noteRoute(response: ServerResponse, path: string): void {
  routes.set(response, path);
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Measures a request from its headers to the end of its answer, or to the moment its client left (code 499). */
export function observeRequest(
  request: IncomingMessage,
  response: ServerResponse,
  http: ServiceMetrics['http'],
): void {
  const began = performance.now();
  response.once('close', () => {
    const method = METHODS.has(request.method ?? '') ? (request.method as string) : 'other';
    const code = response.writableFinished ? response.statusCode : 499;
    http.observe(method, routes.get(response) ?? 'none', code, (performance.now() - began) / 1_000);
  });
}
