import type { BrokerLog } from '@heddle/broker';
import { HeddleError } from '@heddle/contracts';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { answerError } from './answer.ts';
import { answerRoute } from './answer-route.ts';
import { noteRoute } from './observe-requests.ts';
import type { Route } from './route.ts';

/** All routes, with the answers for what is no route of ours and for methods that a route does not know. */
export function buildApp(routes: readonly Route[], log: BrokerLog): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use(securityHeaders());
  for (const [path, atPath] of byPath(routes)) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const route of atPath) {
      const serve: RequestHandler = (request, response) => {
        noteRoute(response, path);
        return answerRoute(route.handle, request, response, request.params as Record<string, string>, log);
      };
      if (route.method === 'GET') app.get(pattern, serve);
      else if (route.method === 'POST') app.post(pattern, serve);
      else app.delete(pattern, serve);
    }
    app.all(pattern, refuseMethod(path, allowedAt(atPath)));
  }
  app.use(refuseRoute, answerRouterError(log));
  return app;
}

function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      // Plain HTTP is served on purpose; see the documentation for putting TLS in front.
      directives: { upgradeInsecureRequests: null, imgSrc: ["'self'", 'data:'] },
    },
    strictTransportSecurity: false,
  });
}

function byPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

function allowedAt(routes: readonly Route[]): string {
  return routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}

function refuseMethod(path: string, allowed: string): RequestHandler {
  return (request, response) => {
    noteRoute(response, path);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { Allow: allowed }).end();
      return;
    }
    const error = new HeddleError('method_not_allowed', `expected ${allowed}, got ${request.method}`);
    answerError(request, response, error, { Allow: allowed });
  };
}

const refuseRoute: RequestHandler = (request, response) => {
  const path = (request.url.split('?', 1)[0] ?? '').slice(0, 200);
  const error = new HeddleError('route_not_found', `there is no route ${path}; GET /docs lists the routes`);
  answerError(request, response, error);
};

/** What Express itself throws: paths that cannot be decoded. */
function answerRouterError(log: BrokerLog): ErrorRequestHandler {
  // The fourth parameter is how Express recognises an error handler.
  return (error: unknown, request, response, _next) => {
    const problem = answerError(request, response, error);
    if (problem.code === 'internal_error') log.error({ err: error, url: request.url }, 'a request failed');
  };
}
