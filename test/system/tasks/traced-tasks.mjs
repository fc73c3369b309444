import { defineTask } from '@heddle/client';
import { trace } from '@opentelemetry/api';
import { z } from 'zod';

/** One task a pool; its handler makes a span of its own, and fails at the first attempt if it is told to. */
const tracedTask = (/** @type {'event-loop' | 'thread' | 'process'} */ pool) =>
  defineTask({
    name: `traced.${pool}`,
    pool,
    input: z.object({ failFirst: z.boolean().default(false) }),
    retry: { attempts: 2, delay: 100, jitter: 0 },
    run: ({ input, job }) =>
      trace.getTracer('handler').startActiveSpan('inside the handler', (span) => {
        span.end();
        if (input.failFirst && job.attempt === 1) throw new Error('not yet');
        return { attempt: job.attempt };
      }),
  });

export const onEventLoop = tracedTask('event-loop');
export const inThread = tracedTask('thread');
export const inProcess = tracedTask('process');

const plain = { input: z.object({}), run: () => null };
export const inLanes = defineTask({ ...plain, name: 'traced.fair', fair: { by: () => 'tenant' } });
export const inOrder = defineTask({ ...plain, name: 'traced.serial', serialBy: () => 'key' });
