import { defineTask } from '@heddle/client';
import { z } from 'zod';

export const square = defineTask({
  name: 'example.square',
  input: z.int(),
  output: z.int(),
  run: ({ input }) => input * input,
});
