import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

/** Says how far it is, and rests in the middle for as long as it is told. */
export const steps = defineTask({
  name: 'test.steps',
  input: z.object({ ms: z.int() }),
  run: async ({ input, progress }) => {
    progress(0.1, 'opening');
    progress(0.4, 'resizing');
    await sleep(input.ms);
    return 'resized';
  },
});

/** Its results are kept for a moment. */
export const fleeting = defineTask({
  name: 'test.fleeting',
  input: z.unknown(),
  resultTtl: '1s',
  run: async ({ input, output }) => {
    await output('note.txt', 'text/plain', Buffer.from('soon gone'));
    return input;
  },
});
