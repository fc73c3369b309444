import { once } from 'node:events';
import { maxHeaderSize } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { routeDescriptions } from '../openapi/describe-routes.ts';
import { gatewayRoutes } from '../routes.ts';
import { expectAnswers } from './observe-requests.ts';

const MAX_BYTES = 10_000;
let gateway: ScriptedGateway;
const expected = new Set<string>();

beforeAll(async () => {
  gateway = await startScriptedGateway({ maxMessageBytes: MAX_BYTES });
  const expect = (method: string, route: string, codes: readonly number[]) => {
    for (const code of codes) expected.add(`${method} ${route} ${code}`);
  };
  expectAnswers({ began: () => undefined, ended: () => undefined, expect }, routeDescriptions);
});
afterAll(() => gateway.drain(500));

it('has series of every route from the start, for what its description says and for what befalls any', () => {
  for (const { method, path } of gatewayRoutes({ broker: {} } as GatewayParts)) {
    const { responses = {} } =
      routeDescriptions.find((one) => one.path === path && one.method === method.toLowerCase()) ?? {};
    const codes = [...Object.keys(responses), 499, 500];
    expect(codes.filter((code) => !expected.has(`${method} ${path} ${code}`))).toEqual([]);
    expect(Object.keys(responses).some((code) => Number(code) < 400)).toBe(true);
  }
  // Each is 18 series, in each gateway.
  expect(expected.size).toBeLessThan(300);
});

const json = { 'content-type': 'application/json' };
/** What clients get wrong, whatever the route. */
const MISTAKES: readonly [path: string, init: RequestInit][] = [
  ['', {}],
  ['?nonsense=1', {}],
  ['', { headers: { 'content-type': 'text/nonsense' }, body: 'x' }],
  ['', { headers: json, body: '{' }],
  ['', { headers: json, body: 'null' }],
  ['', { headers: json, body: `{"task":"nobody.serves","inputs":[1],"input":1,"every":"1s"}` }],
  ['', { headers: json, body: `{"task":"math.sum","inputs":[1],"input":1,"every":"1s"}` }],
  ['', { headers: json, body: JSON.stringify('x'.repeat(2 * MAX_BYTES)) }],
  ['', { headers: { ...json, 'content-encoding': 'nonsense' }, body: '{}' }],
];

it.each(routeDescriptions.map(({ method, path }) => [method.toUpperCase(), path] as const))(
  'answers %s %s with nothing but what its description says, whatever is wrong',
  async (method, path) => {
    const concrete = path.replaceAll(/\{\w+\}/g, 'debug.echo');
    gateway.observed.length = 0;
    let sent = 0;
    for (const [query, init] of MISTAKES) {
      if (method === 'GET' && init.body !== undefined) continue;
      await fetch(`${gateway.url}${concrete}${query}`, { ...init, method, redirect: 'manual' }).then(
        (answer) => answer.text(),
      );
      sent += 1;
    }
    await expect.poll(() => gateway.observed.length).toBe(sent);
    expect(gateway.observed.filter((seen) => !expected.has(seen))).toEqual([]);
  },
);

it('counts what is no route of ours, or not by that method, as one', async () => {
  gateway.observed.length = 0;
  const ask = (method: string, path: string) => fetch(`${gateway.url}${path}`, { method });
  await ask('GET', '/nowhere/42');
  await ask('GET', '/v1/jobs/%zz');
  await ask('PUT', '/v1/jobs');
  await ask('GET', '/v1/gather');
  await ask('OPTIONS', '/v1/jobs');
  await ask('HEAD', '/healthz');
  const observed = [
    'GET none 404',
    'GET none 422',
    'other none 405',
    'GET none 405',
    'other none 204',
    'GET /healthz 200',
  ];
  await expect.poll(() => gateway.observed).toEqual(observed);
  expect(observed.filter((seen) => !expected.has(seen))).toEqual([]);
});

it('counts what cannot be read as a request once, whether it was its headers or its body', async () => {
  const { hostname, port } = new URL(gateway.url);
  const send = async (text: string) => {
    const client = connect(Number(port), hostname).on('error', () => undefined);
    client.resume().write(text);
    await once(client, 'close');
  };
  gateway.observed.length = 0;
  await send('\x16\x03\x01\r\n\r\n');
  await send(`GET / HTTP/1.1\r\nhost: ${'x'.repeat(maxHeaderSize)}\r\n\r\n`);
  const headers = 'host: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked';
  await send(`POST /v1/jobs HTTP/1.1\r\n${headers}\r\n\r\nno number\r\n`);
  const observed = ['other none 400', 'other none 431', 'other none 400'];
  await expect.poll(() => gateway.observed).toEqual(observed);
  expect(observed.filter((seen) => !expected.has(seen))).toEqual([]);
  // 10 s of dawdling are not waited for here.
  expect(expected).toContain('other none 408');
});
