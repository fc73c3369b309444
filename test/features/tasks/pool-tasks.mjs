import { isMainThread } from 'node:worker_threads';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

/** One task a pool: it says where it runs, or keeps its thread busy and hears nothing, or ends its process. */
const pooled = (/** @type {'event-loop' | 'thread' | 'process'} */ pool) =>
  defineTask({
    name: `pooled.${pool}`,
    pool,
    input: z.object({ how: z.enum(['tell', 'deaf', 'exit']).default('tell') }),
    concurrency: 1,
    run: ({ input: { how } }) => {
      if (how === 'exit') process.exit(1);
      if (how === 'deaf') for (;;);
      return { pid: process.pid, isMainThread };
    },
  });

export const onEventLoop = pooled('event-loop');
export const inThread = pooled('thread');
export const inProcess = pooled('process');
