import { defineTask } from '@heddle/client';
import { z } from 'zod';

const CHUNK_BYTES = 16 * 1024 * 1024;

export const debugCrash = defineTask({
  name: 'debug.crash',
  description: 'Takes its process down, or hangs. For trying what a worker survives.',
  input: z.strictObject({ how: z.enum(['exit', 'abort', 'memory', 'hang']) }),
  pool: 'process',
  timeout: '30s',
  concurrency: 1,
  run: async ({ input }) => {
    switch (input.how) {
      case 'exit':
        return process.exit(7);
      case 'abort':
        return process.abort();
      case 'memory':
        return await eatMemory();
      case 'hang':
        for (;;);
    }
  },
});

/** Outside the JavaScript heap, as a native library would; filled, because memory that nobody has touched counts for nothing. */
async function eatMemory(): Promise<never> {
  const eaten: Buffer[] = [];
  for (;;) {
    eaten.push(Buffer.alloc(CHUNK_BYTES, eaten.length + 1));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
