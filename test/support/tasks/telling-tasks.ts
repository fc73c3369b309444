import { defineTask } from '@heddle/client';
import { z } from 'zod';
import { waitAt } from './gates.ts';

/** Says how far it is, between two gates. */
export const steps = defineTask({
  name: 'test.steps',
  input: z.object({ begin: z.string(), end: z.string() }),
  run: async ({ input, progress }) => {
    await waitAt(input.begin);
    progress(0.1, 'opening');
    progress(0.4, 'resizing');
    await waitAt(input.end);
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
