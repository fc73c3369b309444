import { isIP } from 'node:net';
import { HeddleError } from '@heddle/contracts';
import ipaddr from 'ipaddr.js';

/** Global unicast: what is handed out for public use, with special ranges inside. Everything else reaches somebody's inside by one way or another (loopback, mapped and translated addresses). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Which addresses webhooks may be sent to: public ones, and those in ranges that the operator allows. */
export class AddressGuard {
  readonly #allowed: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];

  constructor(allowedRanges: readonly string[]) {
    this.#allowed = allowedRanges.map((range) => ipaddr.parseCIDR(range));
  }

  allows(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    const isNamed = this.#allowed.some(
      ([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits),
    );
    if (isNamed) return true;
    if (parsed.range() !== 'unicast') return false;
    return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6);
  }

  /**
   * Throws `webhook_refused` if the URL has an address for a host, and that is not allowed: Node asks no lookup for those.
   * URL has already written the other spellings of an address (`0x7f.1`, `2130706433`) in its usual form.
   */
  checkLiteral({ hostname }: URL): void {
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) !== 0 && !this.allows(address)) throw refusedAddress(address);
  }
}

export function refusedAddress(address: string): HeddleError {
  return new HeddleError(
    'webhook_refused',
    `expected a public address or one that HEDDLE_WEBHOOK_ALLOW names, got ${address}`,
  );
}
