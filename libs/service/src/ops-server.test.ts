import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpsServer, startOpsServer } from './ops-server.ts';

describe('the ops server', () => {
  let server: OpsServer;
  let reasons: string[] = [];
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);

  beforeEach(async () => {
    reasons = [];
    server = await startOpsServer({
      host: '127.0.0.1',
      port: 0,
      registry: new Registry(),
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

  it('serves nothing else, and takes only GET', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
  });
});
