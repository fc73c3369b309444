import { defineTask } from '@heddle/client';
import { z } from 'zod';

export const debugEcho = defineTask({
  name: 'debug.echo',
  description: 'Gives its input back. For trying the way there and back.',
  input: z.unknown(),
  timeout: '30s',
  run: ({ input }) => input,
});
