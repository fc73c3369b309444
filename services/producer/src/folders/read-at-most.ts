import type { FileHandle } from 'node:fs/promises';

/**
 * A file's bytes, if there are at most `most` of them; else undefined. `expected`: how many it had a moment ago. It may have grown since, or
 * grow for ever: no more than one byte beyond `most` is ever read.
 */
export async function readAtMost(
  file: Pick<FileHandle, 'read'>,
  expected: number,
  most: number,
): Promise<Buffer | undefined> {
  if (expected > most) return undefined;
  // One byte more than there were: that nothing is in it tells the end.
  let bytes: Buffer = Buffer.allocUnsafeSlow(expected + 1);
  for (let length = 0; ; ) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) return bytes.subarray(0, length);
    length += bytesRead;
    if (length > most) return undefined;
    if (length === bytes.length) bytes = grown(bytes, Math.min(2 * length, most + 1));
  }
}

function grown(bytes: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(size);
  bytes.copy(larger);
  return larger;
}
