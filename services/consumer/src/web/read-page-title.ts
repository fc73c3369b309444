import { webMemory } from './byte-budget.ts';
import type { Page } from './fetch-page.ts';
import { TitleReader } from './read-title.ts';

/** Of a page: what comes later is not looked at. */
const MAX_PAGE_BYTES = 1024 * 1024;
const HTML = /^(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i;

export interface FoundTitle {
  readonly title: string | null;
  readonly charset: string | null;
}

/**
 * The title of a page, and nothing of one that is not HTML. Reads until it is known and no further than 1 MiB, which is held
 * meanwhile: in another charset it has to be read again.
 */
export async function readPageTitle({ type, body }: Page, signal: AbortSignal): Promise<FoundTitle> {
  if (type !== '' && !HTML.test(type)) return { title: null, charset: null };
  const reader = new TitleReader(type);
  const share = webMemory.open();
  try {
    let bytes = 0;
    for await (const chunk of body) {
      await share.grow(chunk.length, signal);
      const rest = chunk.subarray(0, MAX_PAGE_BYTES - bytes);
      bytes += rest.length;
      if (reader.push(rest) || bytes >= MAX_PAGE_BYTES) break;
    }
    return reader.end();
  } finally {
    share.close();
  }
}
