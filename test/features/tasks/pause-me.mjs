import { defineTask } from '@heddle/client';
import { z } from 'zod';

/** For pausing: nobody else's jobs wait then. */
export const pauseMe = defineTask({
  name: 'pause.me',
  input: z.unknown(),
  run: ({ input }) => input,
});
