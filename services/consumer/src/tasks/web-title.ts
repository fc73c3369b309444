import { defineTask } from '@heddle/client';
import { z } from 'zod';
import { webUrlSchema } from '../web/web-url.ts';

const LIMIT_MS = 30_000;
/** As they come over the line. */
const MAX_BYTES = 1024 * 1024 + 64 * 1024;

export const webTitle = defineTask({
  name: 'web.title',
  description:
    'Fetches a web page and reads its title. Follows up to 5 redirects, reads up to 1 MiB, takes up to 30 s.',
  input: z.strictObject({ url: webUrlSchema }),
  output: z.object({
    /** After all redirects. */
    url: z.string(),
    status: z.int(),
    redirects: z.int(),
    type: z.string(),
    /** Null: the page has none, or is not HTML. */
    title: z.string().nullable(),
    charset: z.string().nullable(),
  }),
  concurrency: 500,
  retry: { attempts: 4, delay: '2s' },
  errorCodes: ['web_refused', 'web_failed', 'web_status', 'web_too_large'],
  run: async ({ input, signal }) => {
    // The libraries stay out of processes that fetch nothing.
    const [{ webFetcher }, { readPageTitle }] = await Promise.all([
      import('../web/web-fetcher.ts'),
      import('../web/read-page-title.ts'),
    ]);
    const request = {
      url: input.url,
      accept: 'text/html, */*;q=0.5',
      maxBytes: MAX_BYTES,
      limitMs: LIMIT_MS,
      signal,
    };
    return await webFetcher().fetch(request, async (page) => ({
      url: page.url.href,
      status: page.status,
      redirects: page.redirects,
      type: page.type,
      ...(await readPageTitle(page, signal)),
    }));
  },
});
