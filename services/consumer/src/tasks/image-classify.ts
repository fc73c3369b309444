import { defineTask } from '@heddle/client';
import { classifyInputSchema, predictionsSchema } from '@heddle/contracts';

/** Pictures at once in one worker: two full runs of the model, one that runs and one that gathers. */
const AT_ONCE = 64;

export const imageClassify = defineTask({
  name: 'image.classify',
  description:
    'Says what a picture shows, by the model of HEDDLE_MODEL; without one it tells colours only, and nothing else of the picture.',
  body: 'bytes',
  input: classifyInputSchema,
  output: predictionsSchema,
  concurrency: AT_ONCE,
  timeout: '30s',
  errorCodes: [
    'image_unrecognised',
    'image_format_refused',
    'image_corrupt',
    'image_too_large',
    'model_unavailable',
  ],
  run: async ({ input, bytes }) => {
    // The image library and the model stay out of processes that classify nothing.
    const { classifier } = await import('../inference/classifier.ts');
    return {
      ...(input.file !== undefined && { file: input.file }),
      predictions: await classifier().classify(bytes, input.top),
    };
  },
});
