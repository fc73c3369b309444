import { readSync } from 'node:fs';

/** Where a pool process finds its pipe for bytes, beside standard streams (0 to 2) and messages (3). */
export const BYTE_PIPE = 4;

/**
 * Reads exactly `length` bytes from the pipe that the parent writes a job's bytes to. A pipe of their own costs half of
 * what a message costs, which is copied twice on each side. Blocks: there is nothing else to do before they are here.
 * Throws when the parent has gone.
 */
export function readBytes(length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  while (at < length) {
    const read = readSync(BYTE_PIPE, bytes, at, length - at, null);
    if (read === 0) throw new Error(`expected ${length} bytes from the worker, got ${at}`);
    at += read;
  }
  return bytes;
}
