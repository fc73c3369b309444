import { defineTask } from '@heddle/client';
import { thumbnailInputSchema } from '@heddle/contracts';
import { z } from 'zod';

export const imageThumbnail = defineTask({
  name: 'image.thumbnail',
  description: 'Makes thumbnails of a picture: one output for each size, called `<size>.<format>`.',
  body: 'bytes',
  input: thumbnailInputSchema,
  output: z.object({
    file: z.string().exactOptional(),
    thumbnails: z.array(z.object({ size: z.int(), name: z.string(), width: z.int(), height: z.int() })),
  }),
  pool: 'process',
  timeout: '30s',
  errorCodes: ['image_unrecognised', 'image_format_refused', 'image_corrupt', 'image_too_large'],
  run: async ({ input, bytes, output }) => {
    // The image library stays out of processes that make no thumbnails.
    const { makeThumbnails } = await import('../images/make-thumbnails.ts');
    const thumbnails = await makeThumbnails(bytes, input);
    await Promise.all(
      thumbnails.map(({ name, type, body, width, height }) => output(name, type, body, { width, height })),
    );
    return {
      ...(input.file !== undefined && { file: input.file }),
      thumbnails: thumbnails.map(({ size, name, width, height }) => ({ size, name, width, height })),
    };
  },
});
