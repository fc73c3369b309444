import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { version } from '@heddle/service';
import { Client, type Dispatcher } from 'undici';

const CONNECT_MS = 5_000;
/** From the request to the end of the answer's headers, and between two chunks of its body. */
export const SILENCE_MS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Asks for one page on a connection of its own to one of these addresses, and to no other, and gives the answer to `read`.
 * The connection is closed when `read` has ended, whatever is left of the answer.
 */
export async function requestPage<T>(
  url: URL,
  addresses: readonly LookupAddress[],
  headers: Record<string, string>,
  signal: AbortSignal,
  read: (answer: Dispatcher.ResponseData) => Promise<T>,
): Promise<T> {
  const client = new Client(url.origin, {
    connect: { lookup: answerWith(addresses), timeout: CONNECT_MS },
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    pipelining: 1,
  });
  try {
    const answer = await client.request({
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { 'user-agent': `heddle/${version}`, ...headers },
      signal,
    });
    // An answer that is not read to its end is cut off, which nobody needs to hear of.
    answer.body.on('error', () => undefined);
    return await read(answer);
  } finally {
    await client.destroy();
  }
}

function answerWith(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}
