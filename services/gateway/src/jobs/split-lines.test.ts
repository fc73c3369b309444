import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './split-lines.ts';

function split(chunks: readonly Buffer[], maxBytes = 1_000): string[] {
  const splitter = new LineSplitter(maxBytes);
  const lines = [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
  return lines.map((line) => ('bytes' in line ? line.bytes.toString() : 'too long'));
}

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', '\n', '\r') })), (parts) => {
        const whole = Buffer.from(parts.join(''));
        const expected = split([whole]);
        expect(split(parts.map((part) => Buffer.from(part)))).toEqual(expected);
        expect(split([...whole].map((byte) => Buffer.from([byte])))).toEqual(expected);
      }),
    );
  });

  it('takes a last line without its end, and none after a last end', () => {
    expect(split([Buffer.from('a\nb')])).toEqual(['a', 'b']);
    expect(split([Buffer.from('a\r\nb\n')])).toEqual(['a', 'b']);
    expect(split([Buffer.from('\n\n')])).toEqual(['', '']);
    expect(split([])).toEqual([]);
  });

  it('throws the bytes of too long a line away, and goes on with the next', () => {
    const splitter = new LineSplitter(4);
    for (let n = 0; n < 10; n++) expect([...splitter.push(Buffer.from('xxx'))]).toEqual([]);
    expect(splitter.pendingBytes).toBe(0);
    expect([...splitter.push(Buffer.from('x\nabcd\n'))]).toEqual([
      { tooLong: true },
      { bytes: Buffer.from('abcd') },
    ]);
  });
});
