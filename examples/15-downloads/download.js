import { defineTask } from '@heddle/client';
import { z } from 'zod';

/** Downloads on a worker. For addresses from outside there is `web.download`, which looks where it goes. */
export const download = defineTask({
  name: 'example.download',
  input: z.strictObject({ url: z.url() }),
  output: z.object({ bytes: z.int() }),
  concurrency: 10,
  run: async ({ input, signal }) => {
    const response = await fetch(input.url, { signal });
    return { bytes: (await response.arrayBuffer()).byteLength };
  },
});
