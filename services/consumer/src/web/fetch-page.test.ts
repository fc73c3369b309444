import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  fetcherWith,
  fileAt,
  LOCAL,
  local,
  MIB,
  names,
  PAGE,
  request,
  sockets,
  titleAt,
  web,
} from '../../test/fetch-pages.ts';
import { readPageTitle } from './read-page-title.ts';

describe('a page', () => {
  test('is read where its redirects end', async () => {
    const { url } = await web((asked, answer) => {
      if (asked.url === '/a') answer.writeHead(302, { location: '/b?c=d#e' }).end();
      else answer.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    });
    const { page, title } = await titleAt(`${url}/a`);
    expect(title).toBe('Hello');
    expect(page).toMatchObject({ status: 200, redirects: 1, url: { href: `${url}/b?c=d` } });
  });

  test.each([
    ['gzip', gzipSync(PAGE)],
    ['br', brotliCompressSync(PAGE)],
    ['gzip, br', brotliCompressSync(gzipSync(PAGE))],
  ])('is unpacked: %s', async (coding, body) => {
    const { url } = await web((_, answer) => answer.writeHead(200, { 'content-encoding': coding }).end(body));
    expect(await titleAt(url)).toMatchObject({ title: 'Hello' });
  });

  test('has no title when it is none', async () => {
    const { url } = await web((_, answer) =>
      answer.writeHead(200, { 'content-type': 'image/png' }).end(PAGE),
    );
    expect(await titleAt(url)).toMatchObject({ title: null, charset: null });
  });

  test('without an end gives its title all the same', async () => {
    const { url } = await web((_, answer) => void answer.writeHead(200).write(PAGE));
    expect(await titleAt(url)).toMatchObject({ title: 'Hello' });
  });

  test('that never comes to the point is read no further than a mebibyte', async () => {
    const { url } = await web((_, answer) => endless(answer));
    expect(await titleAt(url)).toMatchObject({ title: null });
  });
});

describe('a file', () => {
  test('is read with its type and hash', async () => {
    const { url } = await web((_, answer) =>
      answer.writeHead(200, { 'content-type': 'text/csv' }).end('abc'),
    );
    expect(await fileAt(url)).toEqual({
      type: 'text/csv',
      bytes: Buffer.from('abc'),
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
  });

  test('is refused unread when it says that it is too large', async () => {
    const { url } = await web((_, answer) => {
      answer.writeHead(200, { 'content-length': 10 * MIB }).write('abc');
    });
    await expect(fileAt(url)).rejects.toMatchObject({ code: 'web_too_large' });
  });

  test('is refused when it never ends', async () => {
    const { url } = await web((_, answer) => endless(answer));
    await expect(fileAt(url)).rejects.toMatchObject({ code: 'web_too_large' });
  });

  test('that is a bomb unfolds no further than its limit', async () => {
    const bomb = gzipSync(gzipSync(Buffer.alloc(100 * MIB), { level: 1 }));
    expect(bomb.length).toBeLessThan(MIB);
    const { url } = await web((_, answer) => {
      answer.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(bomb);
    });
    const before = process.memoryUsage().rss;
    await expect(fileAt(url)).rejects.toMatchObject({ code: 'web_too_large' });
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * MIB);
  });

  test.each([
    ['cut short', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc')],
    [
      'reset in the middle',
      (socket: Socket) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc', () => socket.resetAndDestroy()),
    ],
    [
      'packed wrongly',
      (socket: Socket) =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc'),
    ],
    ['no HTTP', (socket: Socket) => socket.end('220 mail.example ESMTP\r\n')],
    ['nothing', (socket: Socket) => socket.end()],
  ])('that is %s may come whole another time', async (_, onRequest) => {
    const { url } = await sockets((socket) => socket.once('data', () => onRequest(socket)));
    await expect(fileAt(url)).rejects.toMatchObject({ code: 'web_failed', retryable: true });
  });
});

describe('time', () => {
  test.each([
    ['headers', 'HTTP/1.1 200 OK\r\nx-slow: '],
    ['body', 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n'],
  ])('is up for %s that drip', async (_, start) => {
    const { url } = await sockets((socket) => {
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(drip)).write(start);
    });
    await expect(fileAt(url, MIB, 300)).rejects.toMatchObject({
      code: 'web_failed',
      message: expect.stringContaining('within 300 ms'),
    });
  });

  test('is up for a name server that does not answer', async () => {
    const { address } = await names(() => undefined);
    const fetcher = fetcherWith({ ...LOCAL, HEDDLE_WEB_DNS: address });
    await expect(titleAt('http://slow.example/', fetcher, 300)).rejects.toMatchObject({
      code: 'web_failed',
      message: expect.stringContaining('within 300 ms'),
    });
  });

  test('ends with the job', async () => {
    const { url } = await web(() => undefined);
    const stopping = new AbortController();
    const { signal } = stopping;
    const fetched = local.fetch({ ...request(url, MIB, 5_000), signal }, (page) =>
      readPageTitle(page, signal),
    );
    stopping.abort(new Error('cancelled'));
    await expect(fetched).rejects.toThrow('cancelled');
  });
});

describe('an answer', () => {
  test.each([404, 410, 401, 304, 300])('with %i will not change', async (status) => {
    const { url } = await web((_, answer) => answer.writeHead(status).end());
    await expect(titleAt(url)).rejects.toMatchObject({ code: 'web_status', retryable: false });
  });

  test.each([500, 503, 429])('with %i may change when it says', async (status) => {
    const { url } = await web((_, answer) => answer.writeHead(status, { 'retry-after': '7' }).end());
    await expect(titleAt(url, fetcherWith(LOCAL))).rejects.toMatchObject({
      code: 'web_failed',
      retryable: true,
      retryAfterMs: 7_000,
    });
  });

  test('with huge headers is refused', async () => {
    const { url } = await sockets((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nx-huge: ${'x'.repeat(100_000)}\r\n\r\n`);
    });
    await expect(titleAt(url)).rejects.toMatchObject({ code: 'web_too_large' });
  });

  test('that leads in a circle is left after five redirects', async () => {
    const server = await web((_, answer) => answer.writeHead(301, { location: '/' }).end());
    await expect(titleAt(server.url)).rejects.toMatchObject({ code: 'web_status' });
    expect(server.asked()).toBe(6);
  });
});

describe('many pages at once', () => {
  /** Answers once so many requests are waiting. */
  function together(count: number): RequestListener {
    const held: (() => void)[] = [];
    return (_, answer) => {
      held.push(() => answer.end(PAGE));
      if (held.length === count) for (const release of held.splice(0)) release();
    };
  }

  test('five hundred are fetched side by side', async () => {
    const server = await web(together(500));
    const titles = await Promise.all(
      Array.from({ length: 500 }, (_, index) => titleAt(`${server.url}/${index}`, local, 50_000)),
    );
    expect(titles.filter(({ title }) => title === 'Hello')).toHaveLength(500);
    expect(server.most()).toBe(500);
  });

  test('as many at a time from one host as the setting says', async () => {
    const server = await web(together(3));
    const polite = fetcherWith({ ...LOCAL, HEDDLE_WEB_PER_HOST: '3' });
    await Promise.all(Array.from({ length: 12 }, () => titleAt(server.url, polite)));
    expect(server.asked()).toBe(12);
    expect(server.most()).toBeLessThanOrEqual(4);
  });
});

function endless(answer: {
  write(chunk: Buffer): boolean;
  destroyed: boolean;
  on(event: string, then: () => void): unknown;
}): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const more = () => {
    while (!answer.destroyed && answer.write(chunk));
  };
  answer.on('drain', more);
  more();
}
