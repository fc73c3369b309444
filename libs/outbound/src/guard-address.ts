import { isIP } from 'node:net';
import { type ErrorCode, HeddleError } from '@heddle/contracts';
import ipaddr from 'ipaddr.js';

/** Global unicast: what is handed out for public use, with special ranges inside. Everything else reaches somebody's inside by one way or another (loopback, mapped and translated addresses). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** How a guard says no. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The setting that would allow the address. */
  readonly setting: string;
}

/** Whether this is an address range such as `10.0.0.0/8` or `fd00::/8`. */
export function isAddressRange(text: string): boolean {
  return ipaddr.isValidCIDR(text);
}

/** Which addresses may be dialled on behalf of somebody outside: public ones, and those in ranges that the operator allows. */
export class AddressGuard {
  readonly #allowed: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];
  readonly #refusal: Refusal;

  constructor(allowedRanges: readonly string[], refusal: Refusal) {
    this.#allowed = allowedRanges.map((range) => ipaddr.parseCIDR(range));
    this.#refusal = refusal;
  }

  allows(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    if (this.names(address)) return true;
    const parsed = ipaddr.parse(address);
    if (parsed.range() !== 'unicast') return false;
    return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6);
  }

  /** Whether one of the ranges that the operator allows holds this address. */
  names(address: string): boolean {
    const parsed = ipaddr.parse(address);
    return this.#allowed.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits));
  }

  /**
   * Throws if the URL has an address for a host, and that is not allowed: Node asks no lookup for those.
   * URL has already written the other spellings of an address (`0x7f.1`, `2130706433`) in its usual form.
   */
  checkLiteral(url: URL): void {
    const address = literalIn(url);
    if (address !== undefined && !this.allows(address)) throw this.refuse(address);
  }

  /** The error for an address that is not allowed. */
  refuse(address: string): HeddleError {
    const { code, setting } = this.#refusal;
    return new HeddleError(code, `expected a public address or one that ${setting} names, got ${address}`);
  }
}

/** The address that stands in a URL in place of a host's name. */
export function literalIn({ hostname }: URL): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? undefined : address;
}
