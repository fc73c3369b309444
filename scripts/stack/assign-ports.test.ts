import { createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findFreePorts } from '../broker/find-free-port.mjs';
import { assignHttpPort, assignOpsPorts } from './assign-ports.mjs';

async function occupy(port: number): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
}

it('gives each service its own default, and a second worker a port that is nobody’s default', async () => {
  const services = [9401, 9403, 9403, 9404].map((opsPort, index) => ({ name: `service ${index}`, opsPort }));
  const [first = 0] = await findFreePorts(1);
  const { ports } = await assignOpsPorts(services, first);
  expect(ports).toEqual([first, first + 2, first + 4, first + 3]);
});

it('takes the next free ops port where one is taken, and says so', async () => {
  const [first = 0] = await findFreePorts(1);
  await occupy(first);
  const { ports, notes } = await assignOpsPorts([{ name: 'gateway', opsPort: 9401 }], first);
  expect(ports).toEqual([first + 1]);
  expect(notes).toEqual([`ops port ${first} of gateway is taken: ${first + 1} instead`]);
});

it('refuses an HTTP port that the user chose and that is taken', async () => {
  const [port = 0] = await findFreePorts(1);
  await occupy(port);
  await expect(assignHttpPort(port, '127.0.0.1')).rejects.toThrow(`HEDDLE_HTTP_PORT=${port}`);
});

it('lets the system choose when the port is 0', async () => {
  expect(await assignHttpPort(0, '127.0.0.1')).toEqual({ port: 0, notes: [] });
  const services = [{ name: 'gateway', opsPort: 9401 }];
  expect(await assignOpsPorts(services, 0)).toEqual({ ports: [0], notes: [] });
});
