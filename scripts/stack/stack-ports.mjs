import { isPortFree } from '../broker/find-free-port.mjs';

/** Default ops ports; `HEDDLE_OPS_PORT` moves the whole row, because one number cannot serve five services. */
const FIRST_OPS_PORT = 9401;
export const DEFAULT_HTTP_PORT = 8080;
const TRIES = 200;

/** A port that the user chose and that cannot be had. */
class PortInUseError extends Error {}

/**
 * The ports of one stack. Each is looked for when its service is about to start, at every start: another stack may have taken what
 * was free a moment ago, such as one that is started in the next terminal at the same time.
 */
export class StackPorts {
  #wanted;
  #names;
  #opsGiven;
  #ops = [];
  #http;
  #httpGiven;
  #host;
  #note;
  #last = Promise.resolve();

  /**
   * @param {object} options
   * @param {readonly {name: string, opsPort: number}[]} options.services
   * @param {number} [options.opsPort] `HEDDLE_OPS_PORT`: the first port of the row, or 0 for any
   * @param {number} [options.httpPort] `HEDDLE_HTTP_PORT`: the one to take, or 0 for any
   * @param {string} options.host of the gateway
   * @param {(line: string) => void} options.note told when a default is taken
   */
  constructor({ services, opsPort, httpPort, host, note }) {
    const shift = opsPort === undefined ? 0 : opsPort - FIRST_OPS_PORT;
    this.#wanted = services.map((service) => service.opsPort + shift);
    this.#names = services.map(({ name }) => name);
    this.#opsGiven = opsPort;
    this.#http = httpPort ?? DEFAULT_HTTP_PORT;
    this.#httpGiven = httpPort !== undefined;
    this.#host = host;
    this.#note = note;
  }

  /** Throws if the user chose an HTTP port that another program has, or an address or ports that cannot be had at all. */
  async check() {
    if (this.#opsGiven) await this.#try('HEDDLE_OPS_PORT', this.#opsGiven, '127.0.0.1');
    const isFree = await this.#try('HEDDLE_HTTP_HOST and HEDDLE_HTTP_PORT', this.#http, this.#host);
    if (isFree || !this.#httpGiven) return;
    throw new PortInUseError(
      `HEDDLE_HTTP_PORT=${this.#http}: another program listens on ${this.#host}:${this.#http}`,
    );
  }

  async #try(settings, port, host) {
    try {
      return await isPortFree(port, host);
    } catch (error) {
      throw new PortInUseError(`${settings}: nobody can listen on ${host}:${port} here: ${error.message}`);
    }
  }

  /** The ops port for the service at this place: the one it had or its default, or the next free one. 0: any. */
  opsPort(place) {
    return this.#inTurn(async () => {
      if (this.#opsGiven === 0) return 0;
      const first = this.#ops[place] ?? this.#wanted[place];
      const others = this.#ops.filter((_, index) => index !== place);
      // A service's default is left to it, even if it comes later.
      const reserved = this.#wanted.filter((port) => port !== this.#wanted[place]);
      const port = await nextFree(
        first,
        '127.0.0.1',
        (candidate) => others.includes(candidate) || (candidate !== first && reserved.includes(candidate)),
      );
      // Of several workers only the first can have the default; that is no news.
      if (port !== first && !others.includes(first)) {
        this.#note(`ops port ${first} of ${this.#names[place]} is taken: ${port} instead`);
      }
      this.#ops[place] = port;
      return port;
    });
  }

  /** The gateway's port: what the user set or what it has been reached at, otherwise the default or the next free one. */
  httpPort() {
    return this.#inTurn(async () => {
      if (this.#httpGiven) return this.#http;
      const port = await nextFree(this.#http, this.#host, () => false);
      if (port !== this.#http)
        this.#note(`port ${this.#http} is taken: the gateway listens on ${port} instead`);
      this.#http = port;
      return port;
    });
  }

  /** From now on the gateway is known at this address: started again, it takes the same one. */
  keepHttpPort(url) {
    // A URL leaves out the port that its protocol has anyway.
    this.#http = Number(new URL(url).port || 80);
    this.#httpGiven = true;
  }

  #inTurn(work) {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

async function nextFree(first, host, isTaken) {
  for (let port = first; port < Math.min(first + TRIES, 65_536); port++) {
    if (!isTaken(port) && (await isPortFree(port, host))) return port;
  }
  throw new PortInUseError(`found no free port from ${first} on`);
}
