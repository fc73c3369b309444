import { defineTask } from '@heddle/client';
import { z } from 'zod';

const echo = { input: z.number(), run: ({ input }: { readonly input: number }): number => input };

export const inThread = defineTask({ name: 'bench.thread', pool: 'thread', ...echo });
export const inProcess = defineTask({ name: 'bench.process', pool: 'process', ...echo });
/** An output of so many bytes. */
export const sharing = defineTask({
  name: 'bench.output',
  input: z.int(),
  run: async ({ input: bytes, output }) => {
    await output('all', 'application/octet-stream', Buffer.alloc(bytes, 1));
  },
});
