import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordSplitter, takeHeader } from './split-records.ts';

function split(text: string, format: 'ndjson' | 'csv', chunkBytes: number, partBytes: number) {
  const splitter = new RecordSplitter(format, chunkBytes, 1_000);
  const bytes = Buffer.from(text);
  const chunks = [];
  for (let at = 0; at < bytes.length; at += partBytes) {
    chunks.push(...splitter.push(bytes.subarray(at, at + partBytes)));
  }
  chunks.push(...splitter.end());
  return chunks.map((chunk) => ({ text: chunk.bytes.toString(), firstLine: chunk.firstLine }));
}

describe('the chunks of a file', () => {
  it('are whole lines', () => {
    expect(split('a\nbb\nccc\nd', 'ndjson', 3, 2)).toEqual([
      { text: 'a\nbb\n', firstLine: 1 },
      { text: 'ccc\n', firstLine: 3 },
      { text: 'd', firstLine: 4 },
    ]);
  });

  it('are whole records where quotes hold line ends', () => {
    expect(split('a\n"x\ny""\n"\nb\n', 'csv', 1, 1)).toEqual([
      { text: 'a\n', firstLine: 1 },
      { text: '"x\ny""\n"\n', firstLine: 2 },
      { text: 'b\n', firstLine: 5 },
    ]);
  });

  it('are the file again, whatever it is and however it comes', () => {
    const file = fc.array(fc.constantFrom('a', '"', '\n', ',', 'é'), { maxLength: 80 });
    fc.assert(
      fc.property(
        file,
        fc.constantFrom('csv' as const, 'ndjson' as const),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 9 }),
        (characters, format, chunkBytes, partBytes) => {
          const text = characters.join('');
          const chunks = split(text, format, chunkBytes, partBytes);
          expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
          for (const [place, { firstLine }] of chunks.entries()) {
            const before = chunks
              .slice(0, place)
              .map((chunk) => chunk.text)
              .join('');
            expect(firstLine).toBe(before.split('\n').length);
          }
        },
      ),
    );
  });

  it('have no record that is longer than a message', () => {
    expect(() => split(`a\n${'x'.repeat(2_000)}`, 'ndjson', 10, 100)).toThrow('line 2: expected a record');
  });

  it('of CSV are told the header apart', () => {
    const { header, rest } = takeHeader({ bytes: Buffer.from('"a\nb",c\r\n1,2\n'), firstLine: 1 });
    expect([header.toString(), rest.bytes.toString(), rest.firstLine]).toEqual(['"a\nb",c\r\n', '1,2\n', 3]);
  });
});
