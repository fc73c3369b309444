import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BenchSession } from '../harness/benchmark.ts';

/** Listens for webhooks and takes every one. Resolves with its URL. */
export async function startReceiver(session: BenchSession): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  session.cleanUp.add('close the receiver of webhooks', () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}
