import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../consumer/src/data/parse-csv.ts';
import { headerOf, RecordSplitter } from './split-records.ts';

function split(text: string, format: 'ndjson' | 'csv', chunkBytes: number, partBytes: number) {
  const splitter = new RecordSplitter(format === 'csv' ? ',' : undefined, chunkBytes, 1_000);
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
    // Also if it ends in the part in which it has become too long.
    expect(() => split(`a\n${'x'.repeat(1_000)}\nb`, 'ndjson', 10, 5_000)).toThrow(
      'line 2: expected a record',
    );
    expect(split(`a\n${'x'.repeat(999)}\nb`, 'ndjson', 10, 5_000)).toHaveLength(2);
  });

  it('have the records that the file has, wherever its quotes stand', () => {
    const recordsOf = (text: string) => [...parseCsv(text, ',', 1)].map(({ cells }) => cells);
    const readable = (text: string) => {
      try {
        return recordsOf(text);
      } catch {
        return undefined;
      }
    };
    const file = fc.array(fc.constantFrom('a', '"', '"', '\n', ',', '\r\n'), { maxLength: 40 });
    // A byte order mark, and a character of three bytes whose last is the mark's.
    const beginning = fc.constantFrom('', '\uFEFF', '\u6FFF', '\uFEFF\uFEFF');
    fc.assert(
      fc.property(file, beginning, fc.integer({ min: 1, max: 9 }), (characters, begun, partBytes) => {
        const text = `${begun}${characters.join('')}`;
        const chunks = split(text, 'csv', 1, partBytes);
        const whole = readable(text);
        if (whole) expect(chunks.flatMap((chunk) => recordsOf(chunk.text))).toEqual(whole);
        else expect(chunks.some((chunk) => readable(chunk.text) === undefined)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['"a\nb",c\r\n1,2\n', '"a\nb",c\r\n'],
    ['\uFEFF\r\n\n""\n"a"\n1\n', '"a"\n'],
    ['a;5" b\n1', 'a;5" b\n'],
    ['a', 'a'],
    ['\n\n', undefined],
    ['', undefined],
  ])('of CSV begin with the header, after empty lines: %j', (text, header) => {
    expect(headerOf(Buffer.from(text), ';')?.toString()).toBe(header);
  });
});
