import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import type { Handler } from '../http/route.ts';

/** `GET /openapi.json`. What makes it is loaded with the first request: most gateways are never asked. */
export function serveOpenApi({ tasks }: Pick<GatewayParts, 'tasks'>): Handler {
  return async (_request, response) => {
    const { buildOpenApi } = await import('./build-openapi.ts');
    answerJson(response, 200, buildOpenApi(tasks.list()), { 'Cache-Control': 'no-cache' });
  };
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Heddle</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/initializer.js"></script>
  </body>
</html>
`;

const INITIALIZER = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n`;

/** The files of the page that come out of the package, and their types. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** `GET /`: the address that `npm start` prints, opened in a browser. */
export function leadToDocs(): Handler {
  return (_request, response) => {
    // Relative, for those behind a proxy that serves us under a path of its own.
    response.writeHead(302, { Location: 'docs' }).end();
  };
}

/** `GET /docs` */
export function serveDocs(): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PAGE);
  };
}

/** `GET /docs/{asset}`: read when asked for, from the package; nothing comes from another host. */
export function serveDocsAsset(): Handler {
  return async (_request, response, { asset = '' }) => {
    if (asset === 'initializer.js') {
      response.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8' }).end(INITIALIZER);
      return;
    }
    const type = Object.hasOwn(ASSETS, asset) ? ASSETS[asset] : undefined;
    if (type === undefined) throw new HeddleError('route_not_found', 'the page has no such file');
    const bytes = await readFile(join(assetFolder(), asset));
    response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=3600' }).end(bytes);
  };
}

function assetFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}
