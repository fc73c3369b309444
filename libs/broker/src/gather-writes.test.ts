import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { gatherWrites } from './gather-writes.ts';

/** Keeps what leaves together as one text. */
function openSink(highWaterMark?: number) {
  const sent: string[] = [];
  const sink = new Writable({
    highWaterMark,
    write: (chunk: Buffer, _, done) => {
      sent.push(chunk.toString());
      done();
    },
    writev: (chunks, done) => {
      sent.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      done();
    },
  });
  gatherWrites(sink);
  return { sink, sent };
}

describe('what is written to a connection', () => {
  it('leaves together in the order of writing, once a turn of the event loop', async () => {
    const { sink, sent } = openSink();
    for (const text of ['a', 'b', 'c']) sink.write(text);
    expect(sent).toEqual([]);
    await new Promise(setImmediate);
    expect(sent).toEqual(['abc']);
    sink.write('d');
    sink.write('e');
    await new Promise(setImmediate);
    expect(sent).toEqual(['abc', 'de']);
  });

  it('goes on when the stream was full', async () => {
    const { sink, sent } = openSink(2);
    expect(sink.write('abc')).toBe(false);
    await once(sink, 'drain');
    sink.write('d');
    await new Promise(setImmediate);
    expect(sent).toEqual(['abc', 'd']);
  });

  it('leaves before the end of the stream', async () => {
    const { sink, sent } = openSink();
    sink.write('last');
    sink.end(' words');
    await once(sink, 'finish');
    expect(sent.join('')).toBe('last words');
  });
});
