import { defineTask } from '@heddle/client';
import { DEFAULT_MAX_MESSAGE_BYTES } from '@heddle/contracts';
import { z } from 'zod';
import { webUrlSchema } from '../web/web-url.ts';

const LIMIT_MS = 60_000;

export const webDownload = defineTask({
  name: 'web.download',
  description:
    'Fetches a file from the web and keeps it as the output `download`. Follows up to 5 redirects, takes up to 60 s.',
  input: z.strictObject({
    url: webUrlSchema,
    /** Larger files are refused. */
    maxBytes: z.int().min(1).max(DEFAULT_MAX_MESSAGE_BYTES).default(DEFAULT_MAX_MESSAGE_BYTES),
  }),
  output: z.object({
    /** After all redirects. */
    url: z.string(),
    status: z.int(),
    redirects: z.int(),
    type: z.string(),
    bytes: z.int(),
    sha256: z.string(),
    output: z.literal('download'),
  }),
  concurrency: 500,
  retry: { attempts: 4, delay: '2s' },
  errorCodes: ['web_refused', 'web_failed', 'web_status', 'web_too_large'],
  run: async ({ input, signal, output }) => {
    const [{ webFetcher }, { readFile }] = await Promise.all([
      import('../web/web-fetcher.ts'),
      import('../web/read-file.ts'),
    ]);
    const { url, maxBytes } = input;
    const request = { url, accept: '*/*', maxBytes, limitMs: LIMIT_MS, signal };
    return await webFetcher().fetch(request, (page) =>
      readFile(page, maxBytes, signal, async ({ type, bytes, sha256 }) => {
        await output('download', type, bytes, { url: page.url.href.slice(0, 2_000) });
        const { status, redirects } = page;
        return {
          url: page.url.href,
          status,
          redirects,
          type,
          bytes: bytes.length,
          sha256,
          output: 'download' as const,
        };
      }),
    );
  },
});
