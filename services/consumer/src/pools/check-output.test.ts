import { describe, expect, it } from 'vitest';
import { OutputCheck } from './check-output.ts';

const bytes = Buffer.from('abc');

describe('OutputCheck', () => {
  it('takes what can be sent', () => {
    expect(() => new OutputCheck(3).check('a.txt', 'text/plain', bytes, { n: 1 })).not.toThrow();
  });

  it.each([
    ['an empty name', ['', 'text/plain', bytes, undefined], 'name: expected 1 to 200 characters'],
    ['a long name', ['x'.repeat(201), 'text/plain', bytes, undefined], 'name: expected 1 to 200 characters'],
    ['a long type', ['a', 'x'.repeat(201), bytes, undefined], 'type: expected up to 200 characters'],
    [
      'text instead of bytes',
      ['a', 'text/plain', 'abc', undefined],
      'bytes: expected a Uint8Array, got string',
    ],
    ['meta that is no JSON', ['a', 'text/plain', bytes, { n: 1n }], 'meta of "a"'],
    ['meta that is too long', ['a', 'text/plain', bytes, { n: 'x'.repeat(20_000) }], 'meta of "a"'],
  ])('refuses %s', (_, given, message) => {
    const check = () => new OutputCheck(1_000).check(...(given as Parameters<OutputCheck['check']>));
    expect(check).toThrow(message);
    expect(check).toThrow(expect.objectContaining({ code: 'invalid_output' }));
  });

  it('refuses a name that is taken', () => {
    const check = new OutputCheck(1_000);
    check.check('a', 'text/plain', bytes, undefined);
    expect(() => check.check('a', 'text/plain', bytes, undefined)).toThrow('"a" has been given already');
  });

  it('refuses more bytes than a message may have', () => {
    expect(() => new OutputCheck(2).check('a', 'text/plain', bytes, undefined)).toThrow(
      expect.objectContaining({
        code: 'output_too_large',
        message: 'output "a": expected at most 2 bytes, got 3',
      }),
    );
  });
});
