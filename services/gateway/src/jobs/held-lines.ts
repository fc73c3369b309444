import type { IncomingMessage } from 'node:http';
import { HeddleError } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { BODY_IDLE_MS } from '../http/read-body.ts';
import { type Line, LineSplitter } from './split-lines.ts';

export type HeldLine = Line & { readonly release: () => void };

/** The request's lines; the bytes of each are held in `admission` until it is released. */
export async function* heldLines(
  request: IncomingMessage,
  parts: Pick<GatewayParts, 'admission' | 'maxMessageBytes'>,
): AsyncGenerator<HeldLine> {
  const { admission, maxMessageBytes } = parts;
  const splitter = new LineSplitter(maxMessageBytes);
  /** Bytes of the unfinished line that are held already. */
  let held = 0;
  const hold = async (bytes: number) => {
    if (bytes > held) await admission.takeInTurn(bytes - held);
    else admission.release(held - bytes);
    held = bytes;
  };
  const hand = async (line: Line): Promise<HeldLine> => {
    const bytes = 'bytes' in line ? line.bytes.length : 0;
    await hold(bytes);
    held = 0;
    return { ...line, release: () => admission.release(bytes) };
  };
  try {
    for await (const chunk of chunksOf(request)) {
      for (const line of splitter.push(chunk)) yield await hand(line);
      await hold(splitter.pendingBytes);
    }
    for (const line of splitter.end()) yield await hand(line);
  } finally {
    admission.release(held);
  }
}

/** The body as it comes; ends the request when nothing comes for half a minute while somebody reads. */
export async function* chunksOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  const chunks = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const idle = setTimeout(() => {
      request.destroy(new HeddleError('invalid_request', `body: nothing came for ${BODY_IDLE_MS} ms`));
    }, BODY_IDLE_MS);
    const next = await chunks
      .next()
      .catch((error: unknown) => Promise.reject(brokenOff(error)))
      .finally(() => clearTimeout(idle));
    if (next.done) return;
    yield next.value;
  }
}

function brokenOff(error: unknown): HeddleError {
  if (error instanceof HeddleError) return error;
  return new HeddleError('invalid_request', 'body: the connection ended before the body did', {
    cause: error,
  });
}
