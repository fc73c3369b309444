import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpMetrics } from '@heddle/service';
import type { Route } from './route.ts';
import { traceRequest } from './trace-request.ts';

const NO_ROUTE = 'none';
const routes = new WeakMap<ServerResponse, string>();

/** Says which route answers, for the metric's label: its pattern, never the path itself. */
export function noteRoute(response: ServerResponse, path: string): void {
  routes.set(response, path);
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Measures, and traces if somebody does, a request from its headers to the end of its answer, or to the moment its client left (code 499). */
export function observeRequest(request: IncomingMessage, response: ServerResponse, http: HttpMetrics): void {
  const began = performance.now();
  traceRequest(request, response, (answered) => routes.get(answered));
  http.began();
  response.once('close', () => {
    const method = METHODS.has(request.method ?? '') ? (request.method as string) : 'other';
    const code = response.writableFinished ? response.statusCode : 499;
    http.ended(method, routes.get(response) ?? NO_ROUTE, code, (performance.now() - began) / 1_000);
  });
}

/** What every route may answer besides its own codes; the rarer ones get their series when they come. */
const USUAL_CODES = [400, 404, 422, 499, 500, 503];

/** The series of all routes, at 0: an error rate is right from the first error on. */
export function expectRequests(http: HttpMetrics, routes: readonly Route[]): void {
  for (const { method, path } of routes) {
    const done = method === 'POST' ? [200, 202] : [200];
    http.expect(method, path, [...done, ...USUAL_CODES]);
  }
  http.expect('GET', NO_ROUTE, [404]);
}
