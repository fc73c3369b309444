import { createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findFreePorts } from '../broker/find-free-port.mjs';
import { StackPorts } from './stack-ports.mjs';

async function occupy(port: number): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
}

function portsOf(
  services: readonly { name: string; opsPort: number }[],
  given: { opsPort?: number; httpPort?: number } = {},
) {
  const notes: string[] = [];
  const ports = new StackPorts({
    services,
    host: '127.0.0.1',
    note: (line: string) => void notes.push(line),
    ...given,
  });
  return { ports, notes, all: () => Promise.all(services.map((_, place) => ports.opsPort(place))) };
}

const gateway = [{ name: 'gateway', opsPort: 9401 }];

it('gives each service its own default, and a second worker a port that is nobody’s default', async () => {
  const services = [9401, 9403, 9403, 9404].map((opsPort, index) => ({ name: `service ${index}`, opsPort }));
  const [first = 0] = await findFreePorts(1);
  const { all, notes } = portsOf(services, { opsPort: first });
  expect(await all()).toEqual([first, first + 2, first + 4, first + 3]);
  expect(await all()).toEqual([first, first + 2, first + 4, first + 3]);
  expect(notes).toEqual([]);
});

it('takes the next free ops port where one is taken, also one that was free at the start before, and says so', async () => {
  const [first = 0] = await findFreePorts(1);
  const { ports, notes } = portsOf(gateway, { opsPort: first });
  expect(await ports.opsPort(0)).toBe(first);
  await occupy(first);
  expect(await ports.opsPort(0)).toBe(first + 1);
  expect(notes).toEqual([`ops port ${first} of gateway is taken: ${first + 1} instead`]);
});

it('refuses an HTTP port that the user chose and that is taken', async () => {
  const [port = 0] = await findFreePorts(1);
  await occupy(port);
  await expect(portsOf(gateway, { httpPort: port }).ports.check()).rejects.toThrow(
    `HEDDLE_HTTP_PORT=${port}`,
  );
});

it('says so when nobody can listen there', async () => {
  // 192.0.2.0/24 is for documentation: no machine has it.
  const ports = new StackPorts({ services: gateway, host: '192.0.2.1', note: () => {} });
  await expect(ports.check()).rejects.toThrow(/HEDDLE_HTTP_HOST.* nobody can listen on 192\.0\.2\.1:8080/);
});

it('keeps the address at which the gateway was reached, even if it was free to choose', async () => {
  const { ports } = portsOf(gateway, { httpPort: 0 });
  await ports.check();
  expect(await ports.httpPort()).toBe(0);
  ports.keepHttpPort('http://127.0.0.1:4711');
  expect(await ports.httpPort()).toBe(4711);
  ports.keepHttpPort('http://127.0.0.1:80');
  expect(await ports.httpPort()).toBe(80);
});

it('lets the system choose ops ports when the port is 0', async () => {
  expect(await portsOf(gateway, { opsPort: 0 }).all()).toEqual([0]);
});
