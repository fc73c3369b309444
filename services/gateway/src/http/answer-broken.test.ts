import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { answerBroken } from './answer-broken.ts';

const ASK = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const GARBAGE = '\x16\x03\x01\r\n\r\n';

/** A server that does `serve` with each request, a client of it, and the statuses that were told. */
async function open(
  serve: (response: ServerResponse) => void,
): Promise<{ server: Server; client: Socket; told: number[] }> {
  const told: number[] = [];
  const active = new Set<ServerResponse>();
  const server = createServer({ connectionsCheckingInterval: 20 }, (_, response) => {
    active.add(response);
    response.once('close', () => active.delete(response));
    serve(response);
  });
  server.headersTimeout = 50;
  server.on('clientError', (error, socket) =>
    answerBroken(error, socket as Socket, active, (status) => told.push(status)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  // A connection that is cut off may be reset.
  client.on('error', () => undefined);
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { server, client, told };
}

it('who dawdles over the headers is told so', async () => {
  const { client, told } = await open(() => undefined);
  client.write('GET / HTTP/1.1\r\nhost:');
  expect(await text(client)).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n.*"code":"request_timeout"/s);
  expect(told).toEqual([408]);
});

it('a body that cannot be read is answered, for its request cannot have been', async () => {
  const { client } = await open(() => undefined);
  client.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n');
  expect(await text(client)).toMatch(/^HTTP\/1.1 400 .*"code":"malformed_request"/s);
});

it.each([
  ['has had a part of its answer', (response: ServerResponse) => void response.write('a part')],
  ['waits for its answer, which that would be taken for,', () => undefined],
])('a client that %s is cut off at what cannot be read', async (_, serve) => {
  const { server, client, told } = await open(serve);
  let heard = '';
  client.on('data', (bytes: Buffer) => (heard += bytes.toString()));
  client.write(ASK);
  await once(server, 'request');
  client.write(GARBAGE);
  await once(client, 'close');
  expect(heard).not.toContain('malformed_request');
  expect(told).toEqual([]);
});
