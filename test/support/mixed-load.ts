import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const picture = readFileSync(new URL('../../samples/hills.jpg', import.meta.url));

/** What a client of a lively system sends, over and over: some of everything, and some of it wrong. */
const REQUESTS: readonly ((url: string, index: number) => Promise<Response>)[] = [
  ...Array.from({ length: 12 }, () => (url: string, index: number) => job(url, 'debug.echo', { index })),
  (url) => job(url, 'debug.sleep', { ms: 40 }),
  (url) => job(url, 'debug.sleep', { ms: 250 }),
  (url) => job(url, 'debug.fail', { message: 'no luck' }),
  (url) =>
    job(url, 'debug.fail', { message: 'again', code: 'out_of_luck' }, { retry: { attempts: 2, delay: 200 } }),
  (url) => job(url, 'debug.echo', 'later', { delay: '1s' }),
  (url) => job(url, 'debug.echo', 'told', { webhook: { url: 'http://127.0.0.1:9/nobody' } }),
  (url) => post(url, '/v1/batches', { task: 'debug.echo', inputs: [1, 2], reduce: { task: 'debug.echo' } }),
  (url) => job(url, 'debug.sleep', { ms: 5_000 }, { timeout: '300ms' }),
  (url) => fetch(`${url}/v1/jobs`, { method: 'PUT' }),
  (url) => job(url, 'debug.echo', { wrong: true }, { priority: 'high' }),
  (url) => job(url, 'nobody.serves-this', {}),
  (url) => fetch(`${url}/v1/nonsense/${Math.random()}`),
  (url) => fetch(`${url}/v1/jobs?limit=20`),
  (url) => fetch(`${url}/v1/queues`),
  (url) =>
    fetch(`${url}/v1/thumbnails?sizes=32,64`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: picture,
    }),
];

/** Sends them, one after the other on each of so many connections, until stopped. */
export function mixedLoad(
  url: string,
  connections: number,
  pauseMs: () => number,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let index = 0;
  const connection = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const send = REQUESTS[index++ % REQUESTS.length];
      await send?.(url, index).then(
        (response) => response.arrayBuffer(),
        () => undefined,
      );
      await pause(pauseMs());
    }
  };
  const listening = listen(url, stopping.signal);
  const running = Array.from({ length: connections }, connection);
  return {
    async stop() {
      stopping.abort();
      await Promise.all([...running, listening]);
    },
  };
}

function job(url: string, task: string, input: unknown, options: object = {}): Promise<Response> {
  return post(url, '/v1/jobs', { task, input, ...options });
}

function post(url: string, path: string, body: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Reads live events, as a console would. */
async function listen(url: string, signal: AbortSignal): Promise<void> {
  try {
    const response = await fetch(`${url}/v1/events`, { signal });
    for await (const _chunk of response.body ?? []) signal.throwIfAborted();
  } catch {
    // Stopped.
  }
}
