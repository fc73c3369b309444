import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpsServer, startOpsServer } from './ops-server.ts';

describe('the ops server', () => {
  let server: OpsServer;
  let reasons: string[] = [];
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);

  beforeEach(async () => {
    reasons = [];
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    server = await startOpsServer({
      host: '127.0.0.1',
      port: 0,
      registry,
      notReady: () => reasons,
    });
  });
  afterEach(() => server.close());

  it('says that the process lives even while it is not ready', async () => {
    reasons = ['the broker is away'];
    expect((await get('/healthz')).status).toBe(200);
    const ready = await get('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ ready: false, reasons: ['the broker is away'] });
  });

  it('is ready when nothing speaks against it', async () => {
    expect((await get('/readyz')).status).toBe(200);
  });

  it('serves metrics as Prometheus text', async () => {
    const response = await get('/metrics');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it.each([
    ['gzip', 'gzip'],
    ['br, gzip;q=0.5', 'gzip'],
    ['*', 'gzip'],
    ['gzip;q=0', undefined],
    ['gzip;q=0.0, br', undefined],
    ['x-gzip-not', undefined],
    ['', undefined],
  ])('serves metrics to who accepts "%s" with the encoding %s', async (accepted, encoding) => {
    const url = `http://127.0.0.1:${server.port}/metrics`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { headers: { 'accept-encoding': accepted } }, resolve)
        .once('error', reject)
        .end();
    });
    expect(response.headers['content-encoding']).toBe(encoding);
    const body = await text(encoding ? response.pipe(createGunzip()) : response);
    expect(body).toMatch(/^process_cpu_seconds_total \d/m);
  });

  it('serves nothing else, and takes only GET', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
  });
});
