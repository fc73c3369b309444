import { createServer } from 'node:net';

/** Below the range that Linux hands out to outgoing connections, so that none takes the port before its owner does. */
const FIRST = 20_000;
const LAST = 32_000;

/** Free TCP ports on the loopback address, all different. */
export async function findFreePorts(count) {
  const ports = new Set();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 1_000) throw new Error(`found no free port between ${FIRST} and ${LAST}`);
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!ports.has(port) && (await isPortFree(port))) ports.add(port);
  }
  return [...ports];
}

/** Rejects when nobody could listen there, such as for want of that address or of the right. @returns {Promise<boolean>} whether nobody else does */
export function isPortFree(port, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(new Error(error.message, { cause: error }));
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
