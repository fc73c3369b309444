import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpMetrics } from '@heddle/service';
import { traceRequest } from './trace-request.ts';

const NO_ROUTE = 'none';
const routes = new WeakMap<ServerResponse, string>();
/** Statuses of what was answered in place of these. */
const broken = new WeakMap<ServerResponse, number>();

/** Says which route answers, for the metric's label: its pattern, never the path itself. */
export function noteRoute(response: ServerResponse, path: string): void {
  routes.set(response, path);
}

/** Of our routes; HEAD is a GET whose answer has no body. */
const METHODS = new Map([
  ['GET', 'GET'],
  ['HEAD', 'GET'],
  ['POST', 'POST'],
  ['DELETE', 'DELETE'],
]);
/** What no route of ours knows. */
const OTHER_METHOD = 'other';
const METHOD_NOT_ALLOWED = 405;
const CLIENT_GONE = 499;

/** Measures, and traces if somebody does, a request from its headers to the end of its answer, or to the moment its client left (code 499). */
export function observeRequest(request: IncomingMessage, response: ServerResponse, http: HttpMetrics): void {
  const began = performance.now();
  traceRequest(request, response, (answered) => routes.get(answered));
  http.began();
  response.once('close', () => {
    const seconds = (performance.now() - began) / 1_000;
    const brokenCode = response.writableFinished ? undefined : broken.get(response);
    if (brokenCode !== undefined) return http.ended(OTHER_METHOD, NO_ROUTE, brokenCode, seconds);
    const method = METHODS.get(request.method ?? '') ?? OTHER_METHOD;
    const code = response.writableFinished ? response.statusCode : CLIENT_GONE;
    // A path with a method that it does not have is no route of ours.
    const isRoute = method !== OTHER_METHOD && code !== METHOD_NOT_ALLOWED;
    const route = (isRoute ? routes.get(response) : undefined) ?? NO_ROUTE;
    http.ended(method, route, code, seconds);
  });
}

/**
 * Measures what cannot be read as a request and was told so: no route's, and by no method of ours. `response`: of the request whose
 * body it was; none: its headers could not be read, and nobody knows when they began.
 */
export function observeBroken(code: number, response: ServerResponse | undefined, http: HttpMetrics): void {
  if (response) {
    broken.set(response, code);
    return;
  }
  http.began();
  http.ended(OTHER_METHOD, NO_ROUTE, code, 0);
}

/** A route, and the statuses that its description has. */
export interface ExpectedAnswers {
  readonly method: string;
  readonly path: string;
  readonly responses: Readonly<Record<number, unknown>>;
}

/** May come of any route, described or not. */
const OF_ANY_ROUTE = [CLIENT_GONE, 500];
/** What is answered before there is a route, or for lack of one: no such path or method, a path that cannot be read, too much at work. */
const OF_NO_ROUTE = [404, METHOD_NOT_ALLOWED, 422, CLIENT_GONE, 503];
/** Of OPTIONS, whatever the path. */
const TOLD_OPTIONS = 204;
/** Of what cannot be read as a request. */
const OF_BROKEN = [400, 408, 431];

/** The series of all answers that may come, at 0: rates and shares are right from the first of them on. */
export function expectAnswers(http: HttpMetrics, answers: readonly ExpectedAnswers[]): void {
  for (const { method, path, responses } of answers) {
    const codes = Object.keys(responses).map(Number);
    http.expect(method.toUpperCase(), path, [...codes, ...OF_ANY_ROUTE]);
  }
  for (const method of [...new Set(METHODS.values()), OTHER_METHOD]) {
    http.expect(method, NO_ROUTE, OF_NO_ROUTE);
  }
  http.expect(OTHER_METHOD, NO_ROUTE, [TOLD_OPTIONS, ...OF_BROKEN]);
}
