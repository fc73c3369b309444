import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { GatewayCaller } from './call-gateway.ts';

let server: Server;
afterEach(() => server.close());

async function listen(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Says 503 so many times, then counts. */
function busyFor(times: number): RequestListener & { asked: number } {
  const listener = Object.assign(
    (_request: unknown, response: Parameters<RequestListener>[1]) => {
      listener.asked += 1;
      const busy = listener.asked <= times;
      response.writeHead(busy ? 503 : 200, { 'content-type': 'application/json', 'retry-after': '1' });
      const problem = { code: 'broker_unavailable', detail: 'down', status: 503 };
      response.end(JSON.stringify(busy ? problem : { asked: listener.asked }));
    },
    { asked: 0 },
  );
  return listener;
}

test('what may be repeated is tried again while the gateway says 503', async () => {
  const gateway = new GatewayCaller(await listen(busyFor(2)));
  await expect(gateway.call({ method: 'GET', path: '/v1/tasks' })).resolves.toEqual({ asked: 3 });
});

test('a POST without a key is not', async () => {
  const busy = busyFor(1);
  const gateway = new GatewayCaller(await listen(busy));
  const posted = gateway.call({ method: 'POST', path: '/v1/jobs', body: {} });
  await expect(posted).rejects.toMatchObject({ code: 'broker_unavailable', message: 'down' });
  expect(busy.asked).toBe(1);
});

test('patience has an end', async () => {
  const gateway = new GatewayCaller(await listen(busyFor(1_000)), { patience: 150 });
  await expect(gateway.call({ method: 'GET', path: '/v1/tasks' })).rejects.toMatchObject({
    code: 'broker_unavailable',
  });
});

test('an answer that is no problem of ours says so', async () => {
  const gateway = new GatewayCaller(await listen((_, response) => response.writeHead(502).end('<html>')));
  await expect(gateway.call({ method: 'GET', path: '/v1/tasks' })).rejects.toMatchObject({
    code: 'internal_error',
    message: expect.stringMatching(/answered 502/),
  });
});
