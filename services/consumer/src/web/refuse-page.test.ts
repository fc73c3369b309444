import { describe, expect, test } from 'vitest';
import { fetcherWith, LOCAL, names, PAGE, sockets, titleAt, web } from '../../test/fetch-pages.ts';

describe('what is not allowed', () => {
  const strict = fetcherWith({ HEDDLE_WEB_PORTS: '1-65535' });

  test.each([
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://127.1:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0.0.0.0:PORT/',
  ])('is not dialled: %s', async (url) => {
    const server = await sockets(() => undefined);
    await expect(titleAt(url.replace('PORT', String(server.port)), strict)).rejects.toMatchObject({
      code: 'web_refused',
    });
    expect(server.asked()).toBe(0);
  });

  test('is not dialled by way of a redirect', async () => {
    const inside = await sockets(() => undefined);
    const outside = await web((_, answer) =>
      answer.writeHead(302, { location: inside.url.replace('127.0.0.1', '127.0.0.2') }).end(),
    );
    const some = fetcherWith({ ...LOCAL, HEDDLE_WEB_ALLOW: '127.0.0.1/32' });
    await expect(titleAt(outside.url, some)).rejects.toMatchObject({ code: 'web_refused' });
    expect([outside.asked(), inside.asked()]).toEqual([1, 0]);
  });

  test('is not dialled by a name that has led elsewhere before', async () => {
    const server = await web((_, answer) => answer.writeHead(302, { location: '/again' }).end());
    const { address, asked } = await names((_, times) => [times === 1 ? '127.0.0.1' : '127.0.0.2']);
    const some = fetcherWith({ ...LOCAL, HEDDLE_WEB_ALLOW: '127.0.0.1/32', HEDDLE_WEB_DNS: address });
    await expect(titleAt(`http://rebound.example:${server.port}/`, some)).rejects.toMatchObject({
      code: 'web_refused',
      message: expect.stringContaining('127.0.0.2'),
    });
    expect(server.asked()).toBe(1);
    expect(asked).toEqual(['rebound.example', 'rebound.example']);
  });

  test('is left out where a name has several addresses', async () => {
    const server = await web((_, answer) => answer.end(PAGE));
    const { address } = await names(() => ['127.0.0.2', '127.0.0.1']);
    const some = fetcherWith({ ...LOCAL, HEDDLE_WEB_ALLOW: '127.0.0.1/32', HEDDLE_WEB_DNS: address });
    expect(await titleAt(`http://mixed.example:${server.port}/`, some)).toMatchObject({ title: 'Hello' });
  });

  test.each([
    ['file:///etc/passwd', 'http: or https:'],
    ['ftp://example.org/', 'http: or https:'],
    ['http://user:secret@example.org/', 'without a name and password'],
    ['http://example.org:22/', 'HEDDLE_WEB_PORTS'],
  ])('is refused unasked: %s', async (url, expected) => {
    await expect(titleAt(url, fetcherWith({}))).rejects.toMatchObject({
      code: 'web_refused',
      message: expect.stringContaining(expected),
    });
  });

  test('is a redirect to another scheme', async () => {
    const { url } = await web((_, answer) => answer.writeHead(302, { location: 'file:///etc/passwd' }).end());
    await expect(titleAt(url)).rejects.toMatchObject({ code: 'web_refused' });
  });

  test('is a name that does not exist, which may exist tomorrow', async () => {
    const { address } = await names(() => []);
    const fetcher = fetcherWith({ ...LOCAL, HEDDLE_WEB_DNS: address });
    await expect(titleAt('http://nowhere.example/', fetcher)).rejects.toMatchObject({ code: 'web_failed' });
  });
});
