import type { LookupAddress } from 'node:dns';
import { HeddleError } from '@heddle/contracts';
import { describe, expect, test } from 'vitest';
import { AddressGuard } from './guard-address.ts';
import { guardedLookup } from './guarded-lookup.ts';

const refusal = { code: 'webhook_refused', setting: 'HEDDLE_WEBHOOK_ALLOW' } as const;
const guard = new AddressGuard([], refusal);

describe('without an allowance', () => {
  test.each(['93.184.215.14', '8.8.8.8', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'])(
    '%s is public',
    (address) => {
      expect(guard.allows(address)).toBe(true);
    },
  );

  test.each([
    ['loopback', '127.0.0.1'],
    ['loopback, IPv6', '::1'],
    ['unspecified', '0.0.0.0'],
    ['unspecified, IPv6', '::'],
    ['private', '10.1.2.3'],
    ['private', '192.168.1.1'],
    ['private', '172.31.255.255'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['link-local, where clouds keep credentials', '169.254.169.254'],
    ['link-local, IPv6', 'fe80::1'],
    ['unique local', 'fd00::1'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['IPv4-mapped, though public', '::ffff:8.8.8.8'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['local NAT64', '64:ff9b:1::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['documentation', '2001:db8::1'],
    ['no address', 'localhost'],
  ])('%s is refused: %s', (_, address) => {
    expect(guard.allows(address)).toBe(false);
  });

  test.each([
    'http://2130706433/',
    'http://0x7f.1/',
    'http://127.1/',
    'http://[::1]:8080/',
    'http://[::ffff:10.0.0.1]/',
    'http://[64:ff9b::a00:1]/',
  ])('the literal in %s is refused', (url) => {
    expect(() => guard.checkLiteral(new URL(url))).toThrow(/public address/);
  });

  test('a name is left to the lookup', () => {
    expect(() => guard.checkLiteral(new URL('http://localhost/'))).not.toThrow();
  });
});

test('an allowed range opens that range and no other', () => {
  const some = new AddressGuard(['127.0.0.0/8', 'fd00::/8'], refusal);
  expect(
    ['127.0.0.1', 'fd00::1', '10.0.0.1', '::ffff:127.0.0.1', '::1'].map((address) => some.allows(address)),
  ).toEqual([true, true, false, false, false]);
});

describe('the lookup', () => {
  const resolvesTo = (...addresses: string[]) =>
    guardedLookup(guard, ((
      _name: string,
      _options: object,
      callback: (error: null, all: LookupAddress[]) => void,
    ) => {
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    }) as never);

  test('gives the public addresses of a name, and keeps back the others', () => {
    resolvesTo('10.0.0.1', '8.8.8.8')('rebound.example', { all: true }, (error, found) => {
      expect(error).toBeNull();
      expect(found).toEqual([{ address: '8.8.8.8', family: 4 }]);
    });
    resolvesTo('8.8.8.8')('public.example', {}, (error, address, family) => {
      expect([error, address, family]).toEqual([null, '8.8.8.8', 4]);
    });
  });

  test('refuses a name that has none', () => {
    resolvesTo('127.0.0.1', '::1')('inside.example', { all: true }, (error) => {
      expect(error).toBeInstanceOf(HeddleError);
      expect(error).toMatchObject({
        code: 'webhook_refused',
        message: expect.stringContaining('inside.example'),
      });
    });
  });
});
