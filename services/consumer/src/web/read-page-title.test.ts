import { expect, test } from 'vitest';
import { webMemory } from './byte-budget.ts';
import { readPageTitle } from './read-page-title.ts';

const { signal } = new AbortController();

async function* chunks(onSecond: () => void): AsyncGenerator<Buffer> {
  yield Buffer.alloc(1_000, ' ');
  onSecond();
  yield Buffer.from('<title>Hello</title>');
}

function pageOf(body: AsyncIterable<Buffer>) {
  const url = new URL('http://example.com/');
  return { url, status: 200, redirects: 0, type: 'text/html', length: undefined, body };
}

test('a page that is read counts towards the memory of all that are, and no longer than that', async () => {
  let held = 0;
  const body = chunks(() => {
    held = webMemory.used;
  });
  expect(await readPageTitle(pageOf(body), signal)).toMatchObject({ title: 'Hello' });
  expect([held, webMemory.used]).toEqual([1_000, 0]);
});

test('a page whose connection breaks gives back what it held', async () => {
  const body = chunks(() => {
    throw new Error('cut');
  });
  await expect(readPageTitle(pageOf(body), signal)).rejects.toThrow('cut');
  expect(webMemory.used).toBe(0);
});
