import { isPortFree } from '../broker/find-free-port.mjs';

/** Default ops ports; `HEDDLE_OPS_PORT` moves the whole row, because one number cannot serve five services. */
const FIRST_OPS_PORT = 9401;
export const DEFAULT_HTTP_PORT = 8080;
const TRIES = 200;

/** A port that the user chose and that cannot be had. */
class PortInUseError extends Error {}

/**
 * An ops port for each name in order: its default, or the next free one.
 * @param {readonly {name: string, opsPort: number}[]} services
 * @param {number | undefined} given `HEDDLE_OPS_PORT`: the first port of the row, or 0 for any
 * @returns {Promise<{ports: number[], notes: string[]}>}
 */
export async function assignOpsPorts(services, given) {
  if (given === 0) return { ports: services.map(() => 0), notes: [] };
  const shift = given === undefined ? 0 : given - FIRST_OPS_PORT;
  const wanted = services.map(({ opsPort }) => opsPort + shift);
  const taken = new Set();
  const ports = [];
  const notes = [];
  for (const [index, port] of wanted.entries()) {
    // A service's default is left to it, even if it comes later.
    const reserved = new Set(wanted.slice(index + 1));
    const found = await nextFree(
      port,
      '127.0.0.1',
      (candidate) => taken.has(candidate) || (candidate !== port && reserved.has(candidate)),
    );
    taken.add(found);
    ports.push(found);
    if (found !== port && wanted.indexOf(port) === index) {
      notes.push(`ops port ${port} of ${services[index].name} is taken: ${found} instead`);
    }
  }
  return { ports, notes };
}

/**
 * The gateway's port: what the user set, which must be free, or the default, or the next free one.
 * @param {number | undefined} given `HEDDLE_HTTP_PORT`
 */
export async function assignHttpPort(given, host) {
  if (given !== undefined) {
    if (given !== 0 && !(await isPortFree(given, host))) {
      throw new PortInUseError(`HEDDLE_HTTP_PORT=${given}: another program listens on ${host}:${given}`);
    }
    return { port: given, notes: [] };
  }
  const port = await nextFree(DEFAULT_HTTP_PORT, host, () => false);
  const notes =
    port === DEFAULT_HTTP_PORT
      ? []
      : [`port ${DEFAULT_HTTP_PORT} is taken: the gateway listens on ${port} instead`];
  return { port, notes };
}

async function nextFree(first, host, isTaken) {
  for (let port = first; port < Math.min(first + TRIES, 65_536); port++) {
    if (!isTaken(port) && (await isPortFree(port, host))) return port;
  }
  throw new PortInUseError(`found no free port from ${first} on`);
}
