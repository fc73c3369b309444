import { createHash } from 'node:crypto';
import { webMemory } from './byte-budget.ts';
import type { Page } from './fetch-page.ts';
import { tooLarge } from './open-body.ts';

export interface WebFile {
  /** As the server says. */
  readonly type: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Reads a file whole and gives it to `use`; its memory is held until that has ended. `web_too_large` for more than `maxBytes`, before the first byte where the server says how many there are. */
export async function readFile<T>(
  page: Page,
  maxBytes: number,
  signal: AbortSignal,
  use: (file: WebFile) => Promise<T>,
): Promise<T> {
  if (page.length !== undefined && page.length > maxBytes) throw tooLarge(maxBytes);
  const share = webMemory.open();
  try {
    const chunks: Buffer[] = [];
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of page.body) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      await share.grow(chunk.length, signal);
      hash.update(chunk);
      chunks.push(chunk);
    }
    const type = page.type.slice(0, 200) || 'application/octet-stream';
    return await use({ type, bytes: Buffer.concat(chunks, bytes), sha256: hash.digest('hex') });
  } finally {
    share.close();
  }
}
