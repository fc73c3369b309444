import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** A web server on a port of its own at 127.0.0.1. */
export interface WebServer {
  readonly url: string;
  readonly port: number;
  /** Requests or connections so far. */
  readonly asked: () => number;
  /** The most of them that were open at once. */
  readonly most: () => number;
  close(): Promise<void>;
}

export async function startWebServer(answer: RequestListener): Promise<WebServer> {
  return serve(createServer(answer), 'request');
}

/** One that need not speak HTTP. */
export async function startSocketServer(onSocket: (socket: Socket) => void): Promise<WebServer> {
  return serve(createTcpServer(onSocket), 'connection');
}

async function serve(server: Server, event: 'request' | 'connection'): Promise<WebServer> {
  const sockets = new Set<Socket>();
  let asked = 0;
  let most = 0;
  server.on(event, () => (asked += 1));
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    most = Math.max(most, sockets.size);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1_000, resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked: () => asked,
    most: () => most,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
