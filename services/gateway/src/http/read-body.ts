import type { IncomingMessage } from 'node:http';
import { HeddleError } from '@heddle/contracts';
import type { Admission } from './admission.ts';

/** A client that sends nothing for so long in the middle of a body is given up. */
export const BODY_IDLE_MS = 30_000;
/** And so is one that keeps a body coming for longer than this. */
const BODY_MAX_MS = 600_000;

/**
 * Reads a whole body of at most `limit` bytes. Its bytes are held in `admission`; the caller releases
 * `buffer.length` when it is done with them. Rejects with `payload_too_large` as soon as that is certain, with
 * `overloaded` when there is no room, and with `invalid_request` when the client stops in the middle.
 */
export function readBody(request: IncomingMessage, limit: number, admission: Admission): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? -1);
  if (declared > limit) return Promise.reject(tooLarge(limit, `${declared}`));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    let taken = 0;
    const began = performance.now();
    const idle = setTimeout(() => fail(stopped(`nothing came for ${BODY_IDLE_MS} ms`)), BODY_IDLE_MS);

    const leave = () => {
      clearTimeout(idle);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
    };
    const fail = (error: Error) => {
      leave();
      admission.release(taken);
      request.pause();
      reject(error);
    };
    const take = (bytes: number) => {
      admission.take(bytes);
      taken += bytes;
    };
    const onData = (chunk: Buffer) => {
      received += chunk.length;
      if (received > limit) return fail(tooLarge(limit, 'more'));
      if (performance.now() - began > BODY_MAX_MS)
        return fail(stopped(`it took longer than ${BODY_MAX_MS} ms`));
      try {
        if (received > taken) take(received - taken);
      } catch (error) {
        return fail(error as Error);
      }
      chunks.push(chunk);
      idle.refresh();
    };
    const onEnd = () => {
      leave();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, received));
    };
    const onClose = () => fail(stopped('the connection ended before the body did'));

    try {
      if (declared > 0) take(declared);
    } catch (error) {
      return fail(error as Error);
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

export function tooLarge(limit: number, got: string): HeddleError {
  return new HeddleError('payload_too_large', `expected at most ${limit} bytes, got ${got}`);
}

function stopped(how: string): HeddleError {
  return new HeddleError('invalid_request', `body: ${how}`);
}
