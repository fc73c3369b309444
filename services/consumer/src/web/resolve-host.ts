import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { HeddleError } from '@heddle/contracts';
import { type AddressGuard, literalIn } from '@heddle/outbound';

const SERVER_LIMIT_MS = 2_000;
const SERVER_TRIES = 2;

/** Where a host is. */
export interface HostAddresses {
  /** Those that may be dialled; at least one. */
  readonly addresses: readonly LookupAddress[];
  /** Whether the operator has named them all: it is no stranger's host. */
  readonly isOwn: boolean;
}

/** Finds the addresses of hosts and keeps back those that may not be dialled. What it gives is dialled as it is: no second look-up comes between. */
export class HostResolver {
  readonly #guard: AddressGuard;
  readonly #lookup: (host: string) => Promise<LookupAddress[]>;
  /** Look-ups under way: many jobs for one host ask once. */
  readonly #asking = new Map<string, Promise<LookupAddress[]>>();

  /** `servers`: name servers to ask, without a thread for each question; none: the system's own way, `/etc/hosts` included. */
  constructor(guard: AddressGuard, servers: readonly string[] = []) {
    this.#guard = guard;
    this.#lookup = servers.length > 0 ? askServers(servers) : (host) => dns.lookup(host, { all: true });
  }

  /** Rejects with `web_refused` when none of its addresses may be dialled, with `web_failed` when it has none. */
  async resolve(url: URL): Promise<HostAddresses> {
    this.#guard.checkLiteral(url);
    const literal = literalIn(url);
    const found =
      literal === undefined ? await this.#ask(url.hostname) : [{ address: literal, family: isIP(literal) }];
    const addresses = found.filter(({ address }) => this.#guard.allows(address));
    if (addresses.length === 0) {
      const names = found.map(({ address }) => address).join(', ');
      throw this.#guard.refuse(`${url.hostname}, which is ${names}`);
    }
    return { addresses, isOwn: addresses.every(({ address }) => this.#guard.names(address)) };
  }

  async #ask(host: string): Promise<LookupAddress[]> {
    let asking = this.#asking.get(host);
    if (!asking) {
      asking = this.#lookup(host).finally(() => this.#asking.delete(host));
      this.#asking.set(host, asking);
    }
    try {
      return await asking;
    } catch (error) {
      const { code } = error as { code?: string };
      throw new HeddleError('web_failed', `${host}: expected a name that can be resolved, got ${code}`, {
        cause: error,
      });
    }
  }
}

function askServers(servers: readonly string[]): (host: string) => Promise<LookupAddress[]> {
  const resolver = new dns.Resolver({ timeout: SERVER_LIMIT_MS, tries: SERVER_TRIES });
  resolver.setServers([...servers]);
  return async (host) => {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ];
    if (found.length > 0) return found;
    throw four.status === 'rejected' ? four.reason : new Error('no address');
  };
}
