import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Page, PageFetcher } from '../src/web/fetch-page.ts';
import { readFile } from '../src/web/read-file.ts';
import { readPageTitle } from '../src/web/read-page-title.ts';
import { readWebSettings } from '../src/web/web-settings.ts';
import { startNameServer, type Zone } from './name-server.ts';
import { startSocketServer, startWebServer, type WebServer } from './web-server.ts';

/** Allows this machine, on any port. */
export const LOCAL = { HEDDLE_WEB_ALLOW: '127.0.0.0/8', HEDDLE_WEB_PORTS: '1-65535' };
export const MIB = 1024 * 1024;
export const PAGE = '<title>Hello</title>';

/** A web server for one test. */
export async function web(answer: RequestListener): Promise<WebServer> {
  const server = await startWebServer(answer);
  onTestFinished(() => server.close());
  return server;
}

/** As `web`, for what is not quite HTTP. */
export async function sockets(onSocket: (socket: Socket) => void): Promise<WebServer> {
  const server = await startSocketServer(onSocket);
  onTestFinished(() => server.close());
  return server;
}

/** A name server for one test. */
export async function names(zone: Zone) {
  const server = await startNameServer(zone);
  onTestFinished(() => server.close());
  return server;
}

export const fetcherWith = (env: Record<string, string>) => new PageFetcher(readWebSettings(env));
export const local = fetcherWith(LOCAL);

export const titleAt = (url: string, fetcher = local, limitMs = 50_000) =>
  fetcher.fetch(request(url, 2 * MIB, limitMs), async (page) => ({
    page,
    ...(await readPageTitle(page, new AbortController().signal)),
  }));
export const fileAt = (url: string, maxBytes = MIB, limitMs = 50_000) =>
  local.fetch(request(url, maxBytes, limitMs), (page) => read(page, maxBytes));
const read = (page: Page, maxBytes: number) =>
  readFile(page, maxBytes, new AbortController().signal, (file) => Promise.resolve(file));

export function request(url: string, maxBytes: number, limitMs: number) {
  return { url, accept: '*/*', maxBytes, limitMs, signal: new AbortController().signal };
}
