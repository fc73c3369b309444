import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressGuard } from './guard-address.ts';

/** Resolves a name as Node does, to the addresses that may be dialled. What is checked here is what is dialled: no second resolution comes between. */
export function guardedLookup(guard: AddressGuard, resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const allowed = addresses.filter(({ address }) => guard.allows(address));
      const [first] = allowed;
      if (!first) {
        const found = addresses.map(({ address }) => address).join(', ');
        return callback(guard.refuse(`${hostname}, which is ${found}`), '');
      }
      if (options.all) return callback(null, allowed);
      callback(null, first.address, first.family);
    });
  };
}
